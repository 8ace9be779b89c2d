// memoctl: inspects and maintains a running daemon or a closed pool.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "client/process/standard_streams.h"
#include "client/version.h"
#include "memod/store/pool/pool.h"
#include "tools/common/command_line.h"
#include "tools/memoctl/commands/command_set.h"
#include "tools/memoctl/commands/commands.h"

namespace {

using namespace memo;

constexpr char kFooter[] =
    "ENDPOINT is unix:PATH (a running daemon), file:PATH (a pool that no daemon has open), or a plain path of "
    "either.\n"
    "KEY is a memo's key as ls prints it, or its first digits when no other memo has them.\n"
    "memoctl COMMAND --help shows an example of each command and the fields of its --json. Counters run since the "
    "pool\nwas opened.\n"
    "Exit codes: 0 done (check: consistent), 1 failed or damaged, 2 wrong usage, 3 done, but stderr could "
    "not be written.";

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  memo::guard_standard_streams();
  CLI::App app{"memoctl looks into a running memod or into a closed pool, and looks after it.", "memoctl"};
  app.set_version_flag("--version", std::string("memoctl ") + kVersion);
  app.footer(kFooter);
  CommandSet commands(app, {.no_color = environment_variable("NO_COLOR"),
                            .term = environment_variable("TERM"),
                            .color_term = environment_variable("COLORTERM")});
  add_info_commands(commands);
  add_list_commands(commands);
  add_dump_command(commands);
  add_check_command(commands);
  add_stat_command(commands);
  add_top_command(commands);
  add_memo_commands(commands);
  add_room_commands(commands);
  add_create_command(commands);
  add_backup_commands(commands);
  if (const auto exit_code = parse_command_line(app, argc, argv)) return *exit_code;

  emulate_persistent_memory();
  return run_tool("memoctl", [&] { return commands.run(); });
}
