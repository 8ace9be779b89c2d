// What the command lines of all tools have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "client/process/stderr_text.h"
#include "memo/status.h"

namespace memo {

// kExitUnsaid: the work is done and its files are written, but not all words about it could be, on stderr or in a report
// on stdout.
enum ExitCode : int { kExitOk = 0, kExitFailed = 1, kExitUsage = 2, kExitUnsaid = 3 };

// Prints "TOOL: MESSAGE" on stderr, in one line, and returns `code`.
int fail(const std::string& tool, ExitCode code, const std::string& message);

// Where a tool's words for people go beside these outputs: stdout, unless one of them is "-".
std::FILE* report_stream(std::initializer_list<std::string_view> outputs);

// Writes a report there. What cannot be written does not fail the tool: it is remembered for the exit code.
void write_report_to(std::FILE* stream, std::string_view text);
template <typename... Arguments>
void print_to(std::FILE* stream, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_report_to(stream, fmt::format(format, std::forward<Arguments>(arguments)...));
}

// Parses; the exit code when the program has to end: after --help and --version, or because of wrong usage.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

// LibTorch waits for ever for threads that it cannot start, one for each core: so they have to be there. Called before
// configure_process_for_inference(). The exit code when the program has to end: they are not.
std::optional<int> require_threads(const std::string& tool);

// Runs the tool's work and turns its status into an exit code: the one seam for what libraries throw. Where fewer threads
// can be started than there are cores, or than `threads`, oneTBB gets as many as can, and a line says so.
int run_tool(const std::string& tool, const std::function<Status()>& work, unsigned threads = 0);

}  // namespace memo
