// The common parts of all tools' command lines.
#pragma once

#include <cstdio>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "client/process/stderr_text.h"
#include "memo/status.h"

namespace CLI {
class App;
}

namespace memo {

// kExitUnsaid: the work is done and its files are written, but not all text about it could be written, on stderr
// or in a report on stdout.
enum ExitCode : int { kExitOk = 0, kExitFailed = 1, kExitUsage = 2, kExitUnsaid = 3 };

// Prints "TOOL: MESSAGE" on stderr, in one line, and returns `code`.
int fail(const std::string& tool, ExitCode code, const std::string& message);

// Where a tool's text for people goes besides these outputs: stdout, unless one of them is "-".
std::FILE* report_stream(std::initializer_list<std::string_view> outputs);

// Writes a report there. A failed write does not fail the tool: it is remembered for the exit code.
void write_report_to(std::FILE* stream, std::string_view text);
template <typename... Arguments>
void print_to(std::FILE* stream, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_report_to(stream, fmt::format(format, std::forward<Arguments>(arguments)...));
}

// Parses; -> the exit code if the program must end: after --help and --version, or because of wrong usage.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

// --isa NAME, which holds the program and those that it starts to an instruction set. It acts while the command line is
// parsed, so before all else that asks the CPU what it has.
void add_isa_option(CLI::App& app);

// LibTorch waits for ever for threads that it cannot start, one for each core, so this checks that they can be
// started. Call it before configure_process_for_inference(). -> the exit code if they cannot, and the program must
// end.
std::optional<int> require_threads(const std::string& tool);

// Runs the tool's work and turns its status into an exit code: the one seam where exceptions of libraries end.
// Where fewer threads can be started than there are cores, or than `threads`, oneTBB gets only these, and a line
// says so.
int run_tool(const std::string& tool, const std::function<Status()>& work, unsigned threads = 0);

}  // namespace memo
