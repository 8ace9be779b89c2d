// memoctl: looks into a running daemon or a closed pool.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "memod/pool/pool.h"
#include "tools/common/command_line.h"
#include "tools/memoctl/inspection.h"
#include "tools/memoctl/json.h"
#include "tools/memoctl/tables.h"

namespace {

using namespace memo;

constexpr char kFooter[] =
    "ENDPOINT is unix:PATH (a running daemon), file:PATH (a pool that no daemon has open), or a plain path of "
    "either.\n"
    "With --json, one object:\n"
    "  info   pool, uuid, layout_version, durability, pool_bytes, reserved_bytes, payload_bytes, memos, refused, "
    "opens,\n"
    "         uptime_s, sessions, spaces[]\n"
    "  stat   layers[]: space, layer, memos, lookups, exact_hits, similar_hits, published, duplicates\n"
    "         (a text asked for by key, then by similarity, counts as two lookups)\n"
    "  ls     memos[]: key, space, layer, slot, generation, length, payload_bytes, created_unix_ns, hits; more\n"
    "  check  consistent, checked, bytes, damage[]\n"
    "Counters run since the pool was opened. Exit codes: 0 done (check: consistent), 1 failed or damaged, 2 wrong "
    "usage.";

struct Options {
  std::string endpoint;
  bool json = false;
  std::uint32_t limit = 50;
  std::string sort = "age";
  std::int64_t space = -1;
  std::int64_t layer = -1;
};

void print(const Options& options, const nlohmann::json& json, const std::string& table) {
  fmt::print("{}", options.json ? json.dump(2) + "\n" : table);
}

Status print_info(StoreAdmin& store, const Options& options) {
  const auto stats = store.stats();
  if (stats) print(options, info_json(*stats), info_table(*stats));
  return stats.status();
}

Status print_stat(StoreAdmin& store, const Options& options) {
  const auto stats = store.stats();
  if (stats) print(options, stat_json(*stats), stat_table(*stats));
  return stats.status();
}

bool comes_first(const std::string& sort, const MemoRecord& left, const MemoRecord& right) {
  if (sort == "hits") return left.hits > right.hits;
  if (sort == "size") return left.payload_bytes > right.payload_bytes;
  return left.created_unix_ns > right.created_unix_ns;
}

Status print_memos(StoreAdmin& store, const Options& options) {
  auto memos = list_all(store);
  if (!memos) return memos.status();
  std::erase_if(*memos, [&](const MemoRecord& memo) {
    return (options.space >= 0 && static_cast<std::int64_t>(memo.space) != options.space) ||
           (options.layer >= 0 && static_cast<std::int64_t>(memo.layer) != options.layer);
  });
  std::stable_sort(memos->begin(), memos->end(), [&](const MemoRecord& left, const MemoRecord& right) {
    return comes_first(options.sort, left, right);
  });
  const std::size_t shown = std::min<std::size_t>(memos->size(), options.limit);
  const std::size_t hidden = memos->size() - shown;
  memos->resize(shown);
  print(options, memos_json(*memos, hidden), memo_table(*memos, hidden));
  return Status::ok();
}

Status print_check(StoreAdmin& store, const Options& options) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const auto total = check_all(store, [terminal](std::uint64_t checked) {
    if (terminal) fmt::print(stderr, "\r{} memos read", checked);
  });
  if (terminal) fmt::print(stderr, "\r\033[K");
  if (!total) return total.status();
  print(options, check_json(*total), check_table(*total));
  if (total->damage.empty()) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("{} findings; the memos named are not to be trusted", total->damage.size())};
}

CLI::App* add_command(CLI::App& app, Options& options, const char* name, const char* description) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("endpoint", options.endpoint, "unix:PATH, file:PATH or a path")->required();
  command->add_flag("--json", options.json, "One JSON object instead of a table");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"memoctl looks into a running memod or into a closed pool.", "memoctl"};
  app.footer(kFooter);
  app.require_subcommand(1);
  Options options;
  add_command(app, options, "info", "Identity, size, durability and spaces of the pool");
  add_command(app, options, "stat", "Lookups, hits and publishes by space and layer");
  add_command(app, options, "check", "Read every memo and compare its checksums");
  CLI::App* ls = add_command(app, options, "ls", "List memos");
  ls->add_option("--limit", options.limit, "At most so many (default 50)");
  ls->add_option("--sort", options.sort, "age (newest first), size or hits")
      ->check(CLI::IsMember({"age", "size", "hits"}));
  ls->add_option("--space", options.space, "Only this space");
  ls->add_option("--layer", options.layer, "Only this layer");
  if (const auto exit_code = parse_command_line(app, argc, argv)) return *exit_code;

  emulate_persistent_memory();
  const std::string command = app.get_subcommands().front()->get_name();
  return run_tool("memoctl", [&]() -> Status {
    auto store = open_inspector(options.endpoint);
    if (!store) return store.status();
    if (command == "info") return print_info(**store, options);
    if (command == "stat") return print_stat(**store, options);
    if (command == "check") return print_check(**store, options);
    return print_memos(**store, options);
  });
}
