// ls, show: memos by their headers.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/commands/memo_address.h"
#include "tools/memoctl/output/json.h"
#include "tools/memoctl/output/tables.h"
#include "tools/memoctl/pools/open_pool.h"
#include "tools/memoctl/pools/walk.h"

namespace memo {
namespace {

constexpr CommandText kList{
    "ls", kLooking, "List memos",
    "Example: the ten memos of layer 2 that are used most\n"
    "  memoctl ls unix:/run/memod/memod.sock --layer 2 --sort usage --limit 10\n"
    "--json: memos[]: key, space, layer, slot, generation, length, payload_bytes, created_unix_ns, hits (since "
    "the\n"
    "pool was opened), usage (hits that still count), pinned; more: how many were left out by --limit"};

constexpr CommandText kShow{"show", kLooking, "Everything about one memo but its payload",
                            "Example:\n  memoctl show unix:/run/memod/memod.sock --space 0 --layer 2 4fa0\n"
                            "--json: as ls, and cost_us (what a hit saves), penalty (on its distance, among near "
                            "memos), payload_checksum (XXH3-64, hex), "
                            "feature[], model, kind, encoding,\n"
                            "heads"};

struct ListOptions {
  PoolArguments pool;
  MemoAddress address;
  bool pinned = false;
  std::uint64_t min_hits = 0;
  std::string sort = "age";
  std::uint32_t limit = 50;
};

bool comes_first(const std::string& sort, const MemoRecord& left, const MemoRecord& right) {
  if (sort == "hits") return left.hits > right.hits;
  if (sort == "size") return left.payload_bytes > right.payload_bytes;
  if (sort == "usage") return left.usage > right.usage;
  return left.created_unix_ns > right.created_unix_ns;
}

bool is_wanted(const ListOptions& options, const MemoRecord& memo) {
  return options.address.matches(memo) && (!options.pinned || memo.pinned) && memo.hits >= options.min_hits;
}

Status print_memos(const ListOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  const auto wanted = [&options](const MemoRecord& memo) { return is_wanted(options, memo); };
  MEMO_ASSIGN_OR_RETURN(auto memos, list_memos(pool.admin(), wanted));
  std::stable_sort(memos.begin(), memos.end(), [&](const MemoRecord& left, const MemoRecord& right) {
    return comes_first(options.sort, left, right);
  });
  const std::size_t shown = std::min<std::size_t>(memos.size(), options.limit);
  const std::size_t hidden = memos.size() - shown;
  memos.resize(shown);
  nlohmann::json list = nlohmann::json::array();
  for (const MemoRecord& memo : memos) list.push_back(memo_json(memo));
  return print(options.pool.json, {{"memos", list}, {"more", hidden}}, memo_table(memos, hidden));
}

Status print_memo(const ListOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto memo, find_memo(pool.admin(), options.address));
  MEMO_ASSIGN_OR_RETURN(const auto space, space_stats(pool.admin(), memo.record.space));
  return print(options.pool.json, detail_json(memo, space), detail_table(memo, space));
}

void add_list(CommandSet& commands) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App& command = commands.add(kList, [options] { return print_memos(*options); });
  options->pool.add_to(command);
  options->address.add_filters_to(command);
  command.add_option("--key", options->address.key, "Only keys that start so")
      ->type_name("PREFIX")
      ->transform(key_prefix());
  command.add_flag("--pinned", options->pinned, "Only pinned memos");
  command.add_option("--min-hits", options->min_hits, "Only memos with so many hits since opening")
      ->type_name("N");
  command.add_option("--sort", options->sort, "age (newest first), hits, size or usage, the most first")
      ->type_name("BY")
      ->check(CLI::IsMember({"age", "hits", "size", "usage"}))
      ->capture_default_str();
  command.add_option("--limit", options->limit, "At most so many")->type_name("N")->capture_default_str();
}

}  // namespace

void add_list_commands(CommandSet& commands) {
  add_list(commands);
  const auto options = std::make_shared<ListOptions>();
  CLI::App& command = commands.add(kShow, [options] { return print_memo(*options); });
  options->pool.add_to(command);
  options->address.add_to(command);
}

}  // namespace memo
