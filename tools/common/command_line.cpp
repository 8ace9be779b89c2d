#include "tools/common/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace memo {

int fail(const std::string& tool, ExitCode code, const std::string& message) {
  std::string line = message.substr(0, message.find_last_not_of('\n') + 1);
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "{}: {}\n", tool, line);
  return code;
}

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::Error& error) {
    return fail(app.get_name(), kExitUsage, error.what());
  }
}

int run_tool(const std::string& tool, const std::function<Status()>& work) {
  try {
    const Status status = work();
    return status ? kExitOk : fail(tool, kExitFailed, status.message());
  } catch (const std::exception& error) {
    // LibTorch appends a backtrace after the first line.
    const std::string text = error.what();
    return fail(tool, kExitFailed, text.substr(0, text.find('\n')));
  }
}

}  // namespace memo
