// CommandSet: memoctl's subcommands, each with the work that it does once the command line is checked.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "memo/status.h"
#include "tools/memoctl/output/terminal.h"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace memo {

struct CommandText {
  const char* name;
  const char* group;
  const char* description;
  const char* footer;  // an example, and the fields of --json
};

class CommandSet {
 public:
  // Lifetime: app outlives the set.
  CommandSet(CLI::App& app, const Environment& environment);

  // A new subcommand. Options are added to what is returned.
  CLI::App& add(const CommandText& text, std::function<Status()> work);
  // Does the work of the subcommand that was given.
  Status run() const;

  // Where the commands' output and their notes go.
  const Terminal& output() const { return output_; }
  const Terminal& notes() const { return notes_; }

 private:
  struct Entry {
    CLI::App* app;
    std::function<Status()> work;
  };
  CLI::App& app_;
  const Terminal output_;
  const Terminal notes_;
  std::vector<Entry> entries_;
};

// The options of nearly every subcommand.
struct PoolArguments {
  std::string endpoint;
  bool json = false;
  void add_to(CLI::App& command);
};
void add_json_flag(CLI::App& command, bool& json);

// For Option::transform, where a failure is wrong usage: "4GiB" becomes a number of bytes, a key lower case.
CLI::Validator pool_size();
CLI::Validator key_prefix();

// Writes `table`, or `json`, to stdout. Errors: internal (a full disk, a closed pipe).
Status print(bool as_json, const nlohmann::json& json, const std::string& table);
// Says something on stderr, in a line of its own.
void note(const std::string& text);

}  // namespace memo
