// backup, restore: copy all memos of a pool into a new one.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/commands/pool_copy.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/new_pool.h"
#include "tools/memoctl/pools/open_pool.h"

namespace memo {
namespace {

constexpr CommandText kBackup{
    "backup", kCopying, "Copy all memos into a file, while the daemon serves them",
    "FILE is a pool just large enough. It holds the memos that were there when the backup began, each as it was\n"
    "published, but those erased meanwhile. Reading counts as one hit of each memo.\n"
    "Example:\n  memoctl backup unix:/run/memod/memod.sock /backup/attention.pool\n"
    "--json: file, uuid, pool_bytes, memos, payload_bytes, gone (erased meanwhile), damaged (left out; exit code "
    "1)"};

constexpr CommandText kRestore{
    "restore", kCopying, "Make a new pool with the memos of a backup",
    "Keys, features, times, usage, pins and quotas are as they were; the pool's identity is new.\n"
    "Example:\n  memoctl restore /backup/attention.pool /mnt/pmem/attention.pool --size 64GiB\n"
    "--json: file, uuid, pool_bytes, memos, payload_bytes, gone, damaged (left out; exit code 1)"};

struct CopyOptions {
  PoolArguments source;
  std::string path;
  std::uint64_t bytes = 0;  // of the new pool; 0: just large enough
};

struct Copied {
  CopyCounts counts;
  StoreStats stats;  // of the copy
};

Result<Copied> copy_into(const OpenPool& source, const Inventory& inventory, const CopyOptions& options,
                         std::uint64_t bytes) {
  MEMO_ASSIGN_OR_RETURN(auto pool, NewPool::create(options.path, bytes));
  MEMO_ASSIGN_OR_RETURN(const auto counts,
                        copy_pool(source, inventory, pool.store(), options.bytes == 0 ? "backup" : "restore"));
  MEMO_ASSIGN_OR_RETURN(auto stats, pool.store().stats());
  MEMO_RETURN_IF_ERROR(pool.finish());
  return Copied{counts, std::move(stats)};
}

// The size is an estimate, which may be too small for many spaces; then this tries again with more.
Result<Copied> copy_with_room(const OpenPool& source, const Inventory& inventory, const CopyOptions& options) {
  constexpr int kAttempts = 4;
  std::uint64_t bytes = size_that_fits(inventory);
  for (int attempt = 1;; ++attempt) {
    auto copied = copy_into(source, inventory, options, bytes);
    if (copied || copied.status().code() != StatusCode::full || attempt == kAttempts) return copied;
    bytes += bytes / 2;
  }
}

Result<Copied> copy_at_size(const OpenPool& source, const Inventory& inventory, const CopyOptions& options) {
  auto copied = copy_into(source, inventory, options, options.bytes);
  if (copied || copied.status().code() != StatusCode::full) return copied;
  return Status(StatusCode::full, fmt::format("{} do not fit into {}; pass --size {}MiB or more",
                                              counted(inventory.memos.size(), "memo"), human_bytes(options.bytes),
                                              (size_that_fits(inventory) >> 20) + 1));
}

std::string sentence(const CopyOptions& options, const Copied& copied) {
  std::string text =
      fmt::format("{}: {}, {}, in a pool of {}\n", options.path, counted(copied.counts.memos, "memo"),
                  human_bytes(copied.counts.bytes), human_bytes(copied.stats.pool_bytes));
  if (copied.counts.gone > 0) text += fmt::format("erased meanwhile: {}\n", counted(copied.counts.gone, "memo"));
  return text;
}

Status run_copy(const CopyOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto source, OpenPool::open(options.source.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto inventory, take_inventory(source.admin()));
  MEMO_ASSIGN_OR_RETURN(const auto copied, options.bytes == 0 ? copy_with_room(source, inventory, options)
                                                              : copy_at_size(source, inventory, options));
  const CopyCounts& counts = copied.counts;
  const nlohmann::json json = {{"file", options.path},
                               {"uuid", copied.stats.pool_uuid},
                               {"memos", counts.memos},
                               {"payload_bytes", counts.bytes},
                               {"gone", counts.gone},
                               {"damaged", counts.damaged},
                               {"pool_bytes", copied.stats.pool_bytes}};
  MEMO_RETURN_IF_ERROR(print(options.source.json, json, sentence(options, copied)));
  if (counts.damaged == 0) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("{} left out as damaged; see memoctl check", counted(counts.damaged, "memo"))};
}

}  // namespace

void add_backup_commands(CommandSet& commands) {
  const auto backup = std::make_shared<CopyOptions>();
  CLI::App& to_file = commands.add(kBackup, [backup] { return run_copy(*backup); });
  backup->source.add_to(to_file);
  to_file.add_option("FILE", backup->path, "Where to; must not exist")->type_name("")->required();

  const auto restore = std::make_shared<CopyOptions>();
  CLI::App& to_pool = commands.add(kRestore, [restore] { return run_copy(*restore); });
  to_pool.add_option("BACKUP", restore->source.endpoint, "What memoctl backup wrote")->type_name("")->required();
  to_pool.add_option("PATH", restore->path, "The new pool; must not exist")->type_name("")->required();
  to_pool.add_option("--size", restore->bytes, "Size of the new pool: a number with KiB, MiB, GiB or TiB")
      ->type_name("SIZE")
      ->transform(pool_size())
      ->required();
  add_json_flag(to_pool, restore->source.json);
}

}  // namespace memo
