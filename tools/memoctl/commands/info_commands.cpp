// info, spaces: the pool as a whole.
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/output/json.h"
#include "tools/memoctl/output/tables.h"
#include "tools/memoctl/pools/open_pool.h"

namespace memo {
namespace {

constexpr CommandText kInfo{
    "info", kLooking, "Identity, size, durability and spaces of the pool",
    "Example:\n  memoctl info unix:/run/memod/memod.sock\n"
    "--json: pool, uuid, layout_version, durability, pool_bytes, reserved_bytes, payload_bytes, stranded_bytes "
    "(free slots\nin extents), stranded_share (of pool_bytes), memos, refused, evicted, damaged, opens, uptime_s, "
    "sessions, spaces[]\n(as memoctl spaces), memory: backing (tmpfs, fsdax, devdax, disk), numa, "
    "huge_page_setting (of the system),\npresent_bytes (mapped in), huge_bytes (of them on huge pages), "
    "page_table_bytes, prefault_bytes (to be mapped\nin ahead of use), prefaulted_bytes, huge_page_failures"};

constexpr CommandText kSpaces{
    "spaces", kLooking, "The spaces: one for each model, kind, length and layout of memos",
    "Example:\n  memoctl spaces unix:/run/memod/memod.sock\n"
    "--json: spaces[]: id, model, kind, encoding, length_bucket, heads, "
    "feature_dimension, payload_bytes (the largest\n"
    "payload), memos, slots, reserved_bytes, stranded_bytes, quota_bytes (0: none),\n"
    "empty_layer_lookups (of layers without a memo), users (sessions that have it open)"};

Result<StoreStats> stats_of(const std::string& endpoint) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(endpoint));
  return pool.admin().stats();
}

Status print_info(const PoolArguments& options) {
  MEMO_ASSIGN_OR_RETURN(const auto stats, stats_of(options.endpoint));
  return print(options.json, info_json(stats), info_table(stats));
}

Status print_spaces(const PoolArguments& options) {
  MEMO_ASSIGN_OR_RETURN(const auto stats, stats_of(options.endpoint));
  return print(options.json, spaces_json(stats), spaces_table(stats));
}

}  // namespace

void add_info_commands(CommandSet& commands) {
  const auto options = std::make_shared<PoolArguments>();
  options->add_to(commands.add(kInfo, [options] { return print_info(*options); }));
  options->add_to(commands.add(kSpaces, [options] { return print_spaces(*options); }));
}

}  // namespace memo
