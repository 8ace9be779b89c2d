// stat: counters, and with --watch how they change.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "memod/store/pool/format/clock.h"
#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/commands/rates.h"
#include "tools/memoctl/output/json.h"
#include "tools/memoctl/output/tables.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/open_pool.h"

namespace memo {
namespace {

constexpr CommandText kStat{
    "stat", kWatching, "Lookups, hits and publishes by space and layer",
    "Example: what happens in each two seconds, until Ctrl-C\n"
    "  memoctl stat unix:/run/memod/memod.sock --watch=2\n"
    "A text that is asked for by key, then by similarity, counts as two lookups.\n"
    "--json: layers[]: space, layer, memos, lookups, exact_hits, similar_hits, published, duplicates; and memos,\n"
    "refused, evicted, damaged, stranded_bytes, pool_bytes, uptime_s, durability, memory (as memoctl info). With\n"
    "--watch an object a line, each with\n"
    "seconds since the last and rates {lookups, exact_hits, similar_hits, published, refused, evicted} a second"};

struct StatOptions {
  PoolArguments pool;
  std::string seconds;  // between looks; empty: one look
};

std::string layer_lines(const StoreRates& rates) {
  std::string text = fmt::format("{:>5} {:>5} {:>9} {:>10} {:>10} {:>10} {:>9} {:>10}\n", "space", "layer",
                                 "memos", "lookups/s", "exact/s", "similar/s", "hit rate", "publish/s");
  for (const LayerRates& layer : rates.layers)
    text += fmt::format("{:>5} {:>5} {:>9} {:>10.1f} {:>10.1f} {:>10.1f} {:>9} {:>10.1f}\n",
                        static_cast<std::uint32_t>(layer.space), static_cast<std::uint32_t>(layer.layer.layer),
                        layer.layer.memos, layer.lookups, layer.exact_hits, layer.similar_hits,
                        share(layer.exact_hits + layer.similar_hits, layer.lookups), layer.published);
  return text;
}

// For a terminal: the layers, and one line for all of them.
std::string stat_frame(const Look& look) {
  const StoreRates rates = rates_of(look);
  return fmt::format("{}  {}, {}, {:.1f} refused/s, {:.1f} evicted/s\n{}", local_time(now_unix_ns()),
                     counted(look.now.memos, "memo"), counted(look.now.sessions, "session"), rates.refused,
                     rates.evicted, layer_lines(rates));
}

// For a file: one line per look.
std::string line(const Look& look) {
  const StoreRates rates = rates_of(look);
  return fmt::format(
      "{}  {} memos  {:.1f} lookups/s  {:.1f} exact/s  {:.1f} similar/s  {:.1f} published/s  "
      "{:.1f} refused/s  {:.1f} evicted/s\n",
      local_time(now_unix_ns()), look.now.memos, rates.total.lookups, rates.total.exact_hits,
      rates.total.similar_hits, rates.total.published, rates.refused, rates.evicted);
}

std::string json_line(const Look& look) {
  const StoreRates rates = rates_of(look);
  nlohmann::json json = stat_json(look.now);
  json["seconds"] = look.seconds;
  json["rates"] = {{"lookups", rates.total.lookups},
                   {"exact_hits", rates.total.exact_hits},
                   {"similar_hits", rates.total.similar_hits},
                   {"published", rates.total.published},
                   {"refused", rates.refused},
                   {"evicted", rates.evicted}};
  return json.dump() + "\n";
}

Status watch_stat(StoreAdmin& store, const StatOptions& options, const Terminal& output) {
  const auto interval = std::chrono::milliseconds(static_cast<std::int64_t>(std::stod(options.seconds) * 1000));
  Terminal target = output;
  target.is_terminal = output.is_terminal && !options.pool.json;
  return watch(store, interval, target, [&](const Look& look) -> Result<std::string> {
    if (options.pool.json) return json_line(look);
    return target.is_terminal ? stat_frame(look) : line(look);
  });
}

// An interval in seconds. CLI11 passes "true" for a flag without a value.
CLI::Validator interval() {
  return CLI::Validator(
      [](std::string& text) {
        if (text == "true") text = "1";
        return CLI::Range(0.1, 3600.0)(text);
      },
      "");
}

Status run_stat(const StatOptions& options, const Terminal& output) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  if (!options.seconds.empty()) return watch_stat(pool.admin(), options, output);
  MEMO_ASSIGN_OR_RETURN(const auto stats, pool.admin().stats());
  return print(options.pool.json, stat_json(stats), stat_table(stats));
}

}  // namespace

void add_stat_command(CommandSet& commands) {
  const auto options = std::make_shared<StatOptions>();
  CLI::App& command = commands.add(kStat, [options, &commands] { return run_stat(*options, commands.output()); });
  options->pool.add_to(command);
  // A flag, not an option: its value comes after "=" only, so the next argument may be the endpoint.
  command.add_flag("--watch", options->seconds, "Look again every second, or so many with --watch=SECONDS")
      ->transform(interval());
}

}  // namespace memo
