// top: the busiest layers and the memos that are used most.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

#include "memod/store/pool/format/clock.h"
#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/commands/rates.h"
#include "tools/memoctl/output/json.h"
#include "tools/memoctl/output/tables.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/open_pool.h"
#include "tools/memoctl/pools/walk.h"

namespace memo {
namespace {

constexpr CommandText kTop{
    "top", kWatching, "The busiest layers and the most used memos",
    "Redrawn every second on a terminal, until Ctrl-C; one look elsewhere, and with --json.\n"
    "Example:\n  memoctl top unix:/run/memod/memod.sock\n"
    "--json: layers[] as memoctl stat, the most lookups first; memos[] as memoctl ls, the most used first"};

constexpr std::size_t kLayersShown = 8;

struct TopOptions {
  PoolArguments pool;
  std::size_t memos = 10;
};

// Sorted by the present rate of lookups, then by the number of all lookups so far.
std::vector<LayerRates> busiest(const Look& look) {
  std::vector<LayerRates> layers = rates_of(look).layers;
  std::stable_sort(layers.begin(), layers.end(), [](const LayerRates& left, const LayerRates& right) {
    if (left.lookups != right.lookups) return left.lookups > right.lookups;
    return left.layer.lookups > right.layer.lookups;
  });
  return layers;
}

Result<std::vector<MemoRecord>> most_used(StoreAdmin& store, std::size_t count) {
  auto memos = list_memos(store, [](const MemoRecord&) { return true; });
  if (!memos) return memos;
  const auto end = memos->begin() + static_cast<std::ptrdiff_t>(std::min(count, memos->size()));
  std::partial_sort(memos->begin(), end, memos->end(),
                    [](const MemoRecord& left, const MemoRecord& right) { return left.usage > right.usage; });
  memos->erase(end, memos->end());
  return memos;
}

std::string layer_table(const std::vector<LayerRates>& layers) {
  std::string text = fmt::format("{:>5} {:>5} {:>9} {:>10} {:>10} {:>10} {:>9}\n", "space", "layer", "memos",
                                 "lookups/s", "publish/s", "lookups", "hit rate");
  for (std::size_t i = 0; i < std::min(kLayersShown, layers.size()); ++i) {
    const LayerStats& stats = layers[i].layer;
    text += fmt::format(
        "{:>5} {:>5} {:>9} {:>10.1f} {:>10.1f} {:>10} {:>9}\n", static_cast<std::uint32_t>(layers[i].space),
        static_cast<std::uint32_t>(stats.layer), stats.memos, layers[i].lookups, layers[i].published,
        stats.lookups,
        share(static_cast<double>(stats.exact_hits + stats.similar_hits), static_cast<double>(stats.lookups)));
  }
  return text;
}

Result<std::string> top_frame(StoreAdmin& store, const TopOptions& options, const Look& look) {
  MEMO_ASSIGN_OR_RETURN(const auto memos, most_used(store, options.memos));
  return fmt::format("{}  {}, {}, {} of {} in memos\n\n{}\n{}", local_time(now_unix_ns()),
                     counted(look.now.memos, "memo"), counted(look.now.sessions, "session"),
                     human_bytes(look.now.payload_bytes), human_bytes(look.now.pool_bytes),
                     layer_table(busiest(look)), memo_table(memos, 0));
}

Result<nlohmann::json> as_json(StoreAdmin& store, const TopOptions& options, const Look& look) {
  MEMO_ASSIGN_OR_RETURN(const auto memos, most_used(store, options.memos));
  nlohmann::json layers = stat_json(look.now).at("layers");
  std::stable_sort(layers.begin(), layers.end(), [](const nlohmann::json& left, const nlohmann::json& right) {
    return left.at("lookups") > right.at("lookups");
  });
  nlohmann::json list = nlohmann::json::array();
  for (const MemoRecord& memo : memos) list.push_back(memo_json(memo));
  return nlohmann::json{{"layers", layers}, {"memos", list}};
}

Status print_once(StoreAdmin& store, const TopOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto stats, store.stats());
  const Look look{.now = stats, .before = stats, .seconds = 0};
  MEMO_ASSIGN_OR_RETURN(const auto text, top_frame(store, options, look));
  MEMO_ASSIGN_OR_RETURN(const auto json, as_json(store, options, look));
  return print(options.pool.json, json, text);
}

Status run_top(const TopOptions& options, const Terminal& output) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  StoreAdmin& store = pool.admin();
  if (options.pool.json || !output.is_terminal) return print_once(store, options);
  return watch(store, std::chrono::seconds(1), output,
               [&](const Look& look) { return top_frame(store, options, look); });
}

}  // namespace

void add_top_command(CommandSet& commands) {
  const auto options = std::make_shared<TopOptions>();
  CLI::App& command = commands.add(kTop, [options, &commands] { return run_top(*options, commands.output()); });
  options->pool.add_to(command);
  command.add_option("--memos", options->memos, "How many memos to show")->type_name("N")->capture_default_str();
}

}  // namespace memo
