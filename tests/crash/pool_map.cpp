#include "tests/crash/pool_map.h"

#include <stdexcept>

#include "memod/pool/pool.h"

namespace memo::test {
namespace {

// Entries behind those that count are part of the tables, too.
constexpr std::uint64_t kSpareEntries = 4;

std::uint64_t offset_in(const Pool& pool, const void* address) {
  return static_cast<std::uint64_t>(static_cast<const std::byte*>(address) - pool.base());
}

template <typename Visit>
void for_each_slot(const Pool& pool, const Visit& visit) {
  for (std::uint32_t extent = 0; extent < pool.extents().size(); ++extent)
    for (std::uint32_t index = 0; index < pool.extents()[extent].slot_count; ++index)
      visit(SlotId::make(extent, index));
}

}  // namespace

PoolMap map_pool(const std::string& path) {
  const auto opened = Pool::open({.path = path});
  if (!opened) throw std::runtime_error(opened.status().message());
  const Pool& pool = **opened;
  const layout::Root& root = pool.root();
  std::vector<Region> live, free, features, payloads;
  for_each_slot(pool, [&](SlotId slot) {
    const bool is_live = layout::state_of(pool.header(slot).state_word) == layout::SlotState::live;
    (is_live ? live : free).push_back({pool.state_word_offset(slot), sizeof(layout::SlotHeader)});
    if (!is_live) return;
    features.push_back({offset_in(pool, pool.feature(slot).data()), pool.feature(slot).size_bytes()});
    payloads.push_back({pool.payload_offset(slot), pool.payload(slot).size()});
  });
  const auto records = [&](const void* table, std::uint64_t count, std::uint64_t bytes) {
    return std::vector<Region>{{offset_in(pool, table), (count + kSpareEntries) * bytes}};
  };
  return {{{"root", {{offset_in(pool, &root), offsetof(layout::Root, spaces)}}},
           {"spaces", records(root.spaces, root.space_count, sizeof(layout::SpaceRecord))},
           {"extents", records(root.extents, root.extent_count, sizeof(layout::ExtentRecord))},
           {"headers of memos", std::move(live)},
           {"headers of free slots", std::move(free)},
           {"features", std::move(features)},
           {"payloads", std::move(payloads)}}};
}

}  // namespace memo::test
