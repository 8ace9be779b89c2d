// Files that options of one command name: none may be lost to another.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct NamedPath {
  enum class Use { input, output };

  std::string option;  // e.g. "--input"
  std::string path;    // "-" is stdin or stdout; empty: the option is not given
  Use use = Use::input;

  static NamedPath input(std::string option, std::string path) {
    return {std::move(option), std::move(path), Use::input};
  }
  static NamedPath output(std::string option, std::string path) {
    return {std::move(option), std::move(path), Use::output};
  }
};

// No output is a file that is read or another output, under whatever names and links; and what can be read or written
// once only is named once. Devices such as /dev/null take any number of outputs.
// Errors: invalid_argument naming both options and the path.
Status distinct_files(std::span<const NamedPath> files);

// The files that make the model, also those that are not there and would change it; as inputs of the option.
std::vector<NamedPath> model_files(const std::string& option, const std::string& folder);

// The pool's file, where the endpoint is file:PATH.
NamedPath pool_file(const std::string& option, const std::string& endpoint);

// Where distinct_files(files()) is an error after parsing, the command line is wrong. Lifetime: of the command.
void require_distinct_files(CLI::App& command, std::function<std::vector<NamedPath>()> files);

}  // namespace memo
