// Files that options of one command name: no output may overwrite another file of the command.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "memo/status.h"

namespace CLI {
class App;
}

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

// Checks that no output is an input or another output, under any names and links; and that a file that can be read
// or written only once is named once. Devices such as /dev/null take any number of outputs.
// Errors: invalid_argument naming both options and the path.
Status distinct_files(std::span<const NamedPath> files);

// The files of the model, as inputs of the option; also files that are absent and would change the model.
std::vector<NamedPath> model_files(const std::string& option, const std::string& folder);

// The pool's file, where the endpoint is file:PATH.
NamedPath pool_file(const std::string& option, const std::string& endpoint);

// Makes the command line wrong if distinct_files(files()) is an error after parsing. Lifetime: of the command.
void require_distinct_files(CLI::App& command, std::function<std::vector<NamedPath>()> files);

}  // namespace memo
