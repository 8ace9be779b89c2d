#include "tools/memo-profile/report/report.h"

#include <fmt/format.h>

#include "embed/files/output_file.h"
#include "tools/memo-profile/report/charts/style.h"
#include "tools/memo-profile/report/document/profile_check.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

void open_page(const ProfileResult& result, Html& page) {
  page.markup("<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n");
  page.markup("<meta name='viewport' content='width=device-width, initial-scale=1'>\n");
  page.markup("<meta name='color-scheme' content='light dark'>\n");
  // Nothing is loaded and no script runs, whatever a text of the profile holds.
  page.markup(
      "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'; ");
  page.markup("img-src data:\">\n");
  page.element("title", fmt::format("memo-profile: {}", result.setting.model));
  page.markup("\n<style>\n");
  page.markup(kReportStyle);
  page.markup("</style>\n</head>\n<body>\n<main>\n");
}

}  // namespace

Result<std::string> report_page(const ProfileResult& result) {
  MEMO_RETURN_IF_ERROR(check_profile(result));
  Html page;
  open_page(result, page);
  write_opening(result, page);
  MEMO_RETURN_IF_ERROR(write_words(result, page));
  write_times(result, page);
  write_similarities(result, page);
  write_frontier(result, page);
  write_budgets(result, page);
  write_lookups(result, page);
  MEMO_RETURN_IF_ERROR(write_examples(result, page));
  write_policy(result, page);
  write_test(result, page);
  write_setting(result, page);
  page.markup("</main>\n</body>\n</html>\n");
  return page.take();
}

Status write_report(const ProfileResult& result, const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const std::string page, report_page(result));
  return write_file(path, page);
}

}  // namespace memo
