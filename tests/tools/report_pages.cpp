// Writes the reports of made-up profiles into a folder, for report_page_test.py and for whoever wants to look at them.
//
// usage: report_pages FOLDER
#include <fmt/format.h>

#include <cstdio>

#include "tests/support/profile_samples.h"
#include "tools/memo-profile/report/report.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: report_pages FOLDER\n", stderr);
    return 2;
  }
  for (const auto& [name, profile] : memo::test::profile_samples()) {
    const memo::Status status = memo::write_report(profile, fmt::format("{}/{}.html", argv[1], name));
    if (status) continue;
    std::fprintf(stderr, "%s: %s\n", name.c_str(), status.message().c_str());
    return 1;
  }
}
