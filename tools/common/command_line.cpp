#include "tools/common/command_line.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>

namespace memo {

int fail(const std::string& tool, ExitCode code, const std::string& message) {
  std::string line = message.substr(0, message.find_last_not_of('\n') + 1);
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "{}: {}\n", tool, line);
  return code;
}

std::FILE* report_stream(std::initializer_list<std::string_view> outputs) {
  return std::find(outputs.begin(), outputs.end(), "-") == outputs.end() ? stdout : stderr;
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
  // A file that would grow beyond the limit is an error of its write, and not the end of the program.
  ::signal(SIGXFSZ, SIG_IGN);
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
