// create: a new pool without a daemon.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/new_pool.h"

namespace memo {
namespace {

constexpr CommandText kCreate{"create", kCopying, "Make a new pool",
                              "memod --pool PATH serves it. Its size stays what it is made with.\n"
                              "Example:\n  memoctl create /mnt/pmem/attention.pool --size 64GiB\n"
                              "--json: pool, uuid, pool_bytes, durability"};

struct CreateOptions {
  std::string path;
  std::uint64_t bytes = 0;
  bool json = false;
};

Status run_create(const CreateOptions& options) {
  MEMO_ASSIGN_OR_RETURN(auto pool, NewPool::create(options.path, options.bytes));
  MEMO_ASSIGN_OR_RETURN(const auto stats, pool.store().stats());
  MEMO_RETURN_IF_ERROR(pool.finish());
  return print(options.json,
               {{"pool", options.path},
                {"uuid", stats.pool_uuid},
                {"pool_bytes", stats.pool_bytes},
                {"durability", stats.durability}},
               fmt::format("made {}, {}, uuid {}\n{}\n", options.path, human_bytes(stats.pool_bytes),
                           stats.pool_uuid, stats.durability));
}

}  // namespace

void add_create_command(CommandSet& commands) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& command = commands.add(kCreate, [options] { return run_create(*options); });
  command.add_option("PATH", options->path, "The new pool's file")->type_name("")->required();
  command.add_option("--size", options->bytes, "A number with KiB, MiB, GiB or TiB")
      ->type_name("SIZE")
      ->transform(pool_size())
      ->required();
  add_json_flag(command, options->json);
}

}  // namespace memo
