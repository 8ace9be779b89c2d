#include "tools/memoctl/output/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/memoctl/output/space_use.h"
#include "tools/memoctl/output/units.h"

namespace memo {
namespace {

std::string named(std::string_view name, const std::string& value) {
  return fmt::format("{:<12}{}\n", name, value);
}

std::string space_name(const SpaceSpec& spec) {
  if (spec.heads == 0 && spec.feature_dimension == 0)
    return fmt::format("{} {}, {} tokens, up to {}, found by key only, model {}", to_string(spec.kind),
                       to_string(spec.encoding), spec.length_bucket, human_bytes(spec.payload_bytes),
                       spec.model.hex().substr(0, 8));
  return fmt::format("{} {}, {} tokens, {} heads, features of {}, model {}", to_string(spec.kind),
                     to_string(spec.encoding), spec.length_bucket, spec.heads, spec.feature_dimension,
                     spec.model.hex().substr(0, 8));
}

std::string hit_rate(const LayerStats& layer) {
  return share(static_cast<double>(layer.exact_hits + layer.similar_hits), static_cast<double>(layer.lookups));
}

std::string quota_of(const SpaceStats& space) {
  return space.quota_bytes == 0 ? "none" : human_bytes(space.quota_bytes);
}

std::string since_opening(const StoreStats& stats) {
  return fmt::format("{} refused, {} evicted, {} found damaged and freed, since opening", stats.refused,
                     stats.evicted, stats.damaged);
}

std::string memory_line(const PoolMemoryStats& memory) {
  const double present = static_cast<double>(memory.present_bytes);
  std::string text =
      fmt::format("{}; {} mapped in, {} of it on huge pages (system: {}), page tables {}; numa {}", memory.backing,
                  human_bytes(memory.present_bytes), share(static_cast<double>(memory.huge_bytes), present),
                  memory.huge_page_setting, human_bytes(memory.page_table_bytes), memory.numa);
  if (memory.prefaulted_bytes < memory.prefault_bytes)
    text += fmt::format("; prefaulted {} so far", share(static_cast<double>(memory.prefaulted_bytes),
                                                        static_cast<double>(memory.prefault_bytes)));
  if (memory.huge_page_failures > 0)
    text += fmt::format("; {} huge pages could not be made", memory.huge_page_failures);
  return text;
}

std::string feature_lines(const std::vector<float>& feature) {
  if (feature.empty()) return named("feature", "none: only its key finds the memo");
  return number_lines("feature", feature);
}

}  // namespace

// On few lines, so that a person can compare two.
std::string number_lines(std::string_view name, std::span<const float> numbers) {
  constexpr std::size_t kPerLine = 8;
  double square = 0;
  for (const float number : numbers) square += static_cast<double>(number) * number;
  std::string text = named(name, fmt::format("{} floats, L2 norm {:.4g}", numbers.size(), std::sqrt(square)));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i % kPerLine == 0) text += fmt::format("{:<12}", "");
    const bool last = i % kPerLine + 1 == kPerLine || i + 1 == numbers.size();
    text += fmt::format("{:>10.4f}{}", numbers[i], last ? "\n" : "");
  }
  return text;
}

std::string info_table(const StoreStats& stats) {
  const std::uint64_t stranded = stranded_bytes(stats);
  std::string text =
      named("pool", stats.pool_path) + named("uuid", stats.pool_uuid) +
      named("layout", fmt::format("version {}", stats.layout_version)) + named("durability", stats.durability) +
      named("memory", memory_line(stats.memory)) +
      named("size", fmt::format("{}, {} in extents, {} in memos", human_bytes(stats.pool_bytes),
                                human_bytes(stats.reserved_bytes), human_bytes(stats.payload_bytes))) +
      named("stranded", fmt::format("{} in free slots of extents, {} of the pool", human_bytes(stranded),
                                    share(static_cast<double>(stranded), static_cast<double>(stats.pool_bytes)))) +
      named("memos", fmt::format("{}; {}", stats.memos, since_opening(stats))) +
      named("opened", fmt::format("{}, last {:.0f} s ago", counted(stats.opens, "time"), stats.uptime_s)) +
      named("sessions", fmt::format("{}", stats.sessions));
  for (const SpaceStats& space : stats.spaces)
    text += named(fmt::format("space {}", static_cast<std::uint32_t>(space.id)),
                  fmt::format("{}: {} in {}, {}, quota {}", space_name(space.spec), counted(space.memos, "memo"),
                              counted(space.slots, "slot"), human_bytes(space.reserved_bytes), quota_of(space)));
  return text;
}

std::string spaces_table(const StoreStats& stats) {
  std::string text =
      fmt::format("{:>5}  {:<6} {:<8} {:>6} {:>5} {:<8} {:>9} {:>9} {:>7} {:>10} {:>10} {:>5}\n", "space", "kind",
                  "model", "tokens", "heads", "encoding", "memos", "slots", "free", "reserved", "quota", "users");
  for (const SpaceStats& space : stats.spaces)
    text += fmt::format("{:>5}  {:<6} {:<8} {:>6} {:>5} {:<8} {:>9} {:>9} {:>7} {:>10} {:>10} {:>5}\n",
                        static_cast<std::uint32_t>(space.id), to_string(space.spec.kind),
                        space.spec.model.hex().substr(0, 8), space.spec.length_bucket, space.spec.heads,
                        to_string(space.spec.encoding), space.memos, space.slots,
                        share(static_cast<double>(free_slots(space)), static_cast<double>(space.slots)),
                        human_bytes(space.reserved_bytes), quota_of(space), space.users);
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
  return text + fmt::format("{}; {}\n", counted(stats.memos, "memo"), since_opening(stats)) +
         named("durability", stats.durability) + named("memory", memory_line(stats.memory));
}

std::string memo_table(const std::vector<MemoRecord>& memos, std::size_t hidden) {
  std::string text = fmt::format("{:<32} {:>5} {:>5} {:>6} {:>10} {:>6} {:>7}  {:<6}  {}\n", "key", "space",
                                 "layer", "tokens", "size", "hits", "usage", "pinned", "made");
  for (const MemoRecord& memo : memos)
    text += fmt::format("{:<32} {:>5} {:>5} {:>6} {:>10} {:>6} {:>7.1f}  {:<6}  {}\n", memo.key.hex(),
                        static_cast<std::uint32_t>(memo.space), static_cast<std::uint32_t>(memo.layer),
                        memo.length, human_bytes(memo.payload_bytes), memo.hits, memo.usage,
                        memo.pinned ? "yes" : "", local_time(memo.created_unix_ns));
  if (hidden > 0) text += fmt::format("... and {} more (--limit)\n", hidden);
  return text;
}

std::string detail_table(const MemoDetail& memo, const SpaceStats& space) {
  const MemoRecord& record = memo.record;
  return named("key", record.key.hex()) +
         named("layer", fmt::format("{}", static_cast<std::uint32_t>(record.layer))) +
         named("space", fmt::format("{}: {}", static_cast<std::uint32_t>(record.space), space_name(space.spec))) +
         named("slot", fmt::format("{} of extent {}, generation {:x}", record.slot & 0xffffffff, record.slot >> 32,
                                   record.generation >> 8)) +
         named("tokens", fmt::format("{}", record.length)) +
         named("payload", fmt::format("{} ({} bytes), XXH3-64 {:016x}", human_bytes(record.payload_bytes),
                                      record.payload_bytes, memo.payload_checksum)) +
         named("made", local_time(record.created_unix_ns)) +
         named("hits", fmt::format("{} since opening; {:.1f} still count", record.hits, record.usage)) +
         named("saves", fmt::format("{:.0f} us a hit", memo.cost_us)) +
         named("penalty", fmt::format("{:.2f} on its distance among near memos", memo.penalty)) +
         named("pinned", record.pinned ? "yes" : "no") + feature_lines(memo.feature);
}

}  // namespace memo
