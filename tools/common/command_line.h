// What the command lines of all tools have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "client/status.h"

namespace memo {

enum ExitCode : int { kExitOk = 0, kExitFailed = 1, kExitUsage = 2 };

// Prints "TOOL: MESSAGE" on stderr, in one line, and returns `code`.
int fail(const std::string& tool, ExitCode code, const std::string& message);

// Where a tool's words for people go beside these outputs: stdout, unless one of them is "-".
std::FILE* report_stream(std::initializer_list<std::string_view> outputs);

// Parses; the exit code when the program has to end: after --help and --version, or because of wrong usage.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

// Runs the tool's work and turns its status into an exit code: the one seam for what libraries throw.
int run_tool(const std::string& tool, const std::function<Status()>& work);

}  // namespace memo
