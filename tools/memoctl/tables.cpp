#include "tools/memoctl/tables.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

namespace memo {
namespace {

std::string space_name(const SpaceSpec& spec) {
  return fmt::format("{} {}, {} tokens, {} heads, features of {}, model {}", to_string(spec.kind),
                     to_string(spec.encoding), spec.length_bucket, spec.heads, spec.feature_dimension,
                     spec.model.hex().substr(0, 8));
}

std::string local_time(std::int64_t unix_ns) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(unix_ns / 1'000'000'000)));
}

std::string hit_rate(const LayerStats& layer) {
  if (layer.lookups == 0) return "-";
  const auto hits = static_cast<double>(layer.exact_hits + layer.similar_hits);
  return fmt::format("{:.1f} %", 100 * hits / static_cast<double>(layer.lookups));
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string info_table(const StoreStats& stats) {
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("{:<12}{}\n", name, value);
  };
  line("pool", stats.pool_path);
  line("uuid", stats.pool_uuid);
  line("layout", fmt::format("version {}", stats.layout_version));
  line("durability", stats.durability);
  line("size", fmt::format("{}, {} in extents, {} in memos", human_bytes(stats.pool_bytes),
                           human_bytes(stats.reserved_bytes), human_bytes(stats.payload_bytes)));
  line("memos", fmt::format("{}", stats.memos));
  line("refused", fmt::format("{} since opening", stats.refused));
  line("opened", fmt::format("{} times, {:.0f} s ago", stats.opens, stats.uptime_s));
  line("sessions", fmt::format("{}", stats.sessions));
  for (const SpaceStats& space : stats.spaces)
    line(fmt::format("space {}", static_cast<std::uint32_t>(space.id)),
         fmt::format("{}: {} memos in {} slots, {}", space_name(space.spec), space.memos, space.slots,
                     human_bytes(space.reserved_bytes)));
  return text;
}

std::string stat_table(const StoreStats& stats) {
  std::string text = fmt::format("{:>5} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "space", "layer",
                                 "memos", "lookups", "exact", "similar", "hit rate", "published", "duplicates");
  for (const SpaceStats& space : stats.spaces)
    for (const LayerStats& layer : space.layers)
      text += fmt::format("{:>5} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n",
                          static_cast<std::uint32_t>(space.id), static_cast<std::uint32_t>(layer.layer),
                          layer.memos, layer.lookups, layer.exact_hits, layer.similar_hits, hit_rate(layer),
                          layer.published, layer.duplicates);
  return text;
}

std::string memo_table(const std::vector<MemoRecord>& memos, std::size_t hidden) {
  std::string text = fmt::format("{:<32} {:>5} {:>5} {:>6} {:>10} {:>6} {}\n", "key", "space", "layer", "tokens",
                                 "size", "hits", "made");
  for (const MemoRecord& memo : memos)
    text += fmt::format("{:<32} {:>5} {:>5} {:>6} {:>10} {:>6} {}\n", memo.key.hex(),
                        static_cast<std::uint32_t>(memo.space), static_cast<std::uint32_t>(memo.layer),
                        memo.length, human_bytes(memo.payload_bytes), memo.hits, local_time(memo.created_unix_ns));
  if (hidden > 0) text += fmt::format("... and {} more (--limit)\n", hidden);
  return text;
}

std::string check_table(const CheckTotal& total) {
  std::string text;
  for (const std::string& finding : total.damage) text += finding + "\n";
  return text + fmt::format("{}: {} memos, {} read\n", total.damage.empty() ? "consistent" : "damaged",
                            total.checked, human_bytes(total.bytes));
}

}  // namespace memo
