#include "tests/crash/damage/pool_map.h"

#include <fstream>
#include <stdexcept>
#include <utility>

#include "memod/store/pool/examine/pmdk_format.h"
#include "memod/store/pool/pool.h"

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
  const layout::Root& root = pool.stored_root();
  std::vector<Region> live, free, features, payloads;
  for_each_slot(pool, [&](SlotId slot) {
    const bool is_live = layout::state_of(pool.header(slot).state_word) == layout::SlotState::live;
    (is_live ? live : free).push_back({pool.state_word_offset(slot), sizeof(layout::SlotHeader)});
    if (!is_live) return;
    if (!pool.feature(slot).empty())
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

namespace {

template <typename Record>
Record record_at(std::ifstream& file, std::uint64_t offset) {
  Record record;
  file.seekg(static_cast<std::streamoff>(offset)).read(reinterpret_cast<char*>(&record), sizeof(record));
  if (!file) throw std::runtime_error("the pool ends too soon");
  return record;
}

std::uint64_t lane_offset(std::uint64_t lane) {
  return pmdk::kLanesOffset + lane * sizeof(pmdk::Lane);
}

// Those with a transaction behind them, and the others.
std::pair<std::vector<Region>, std::vector<Region>> map_logs(std::ifstream& file) {
  std::vector<Region> used, unused;
  for (std::uint64_t lane = 0; lane < pmdk::kLaneCount; ++lane) {
    if (record_at<pmdk::Lane>(file, lane_offset(lane)).undo.generation != 0) {
      used.push_back({lane_offset(lane), sizeof(pmdk::Lane)});
      continue;
    }
    for (const std::uint64_t log :
         {offsetof(pmdk::Lane, internal), offsetof(pmdk::Lane, external), offsetof(pmdk::Lane, undo)})
      unused.push_back({lane_offset(lane) + log, sizeof(pmdk::LogHeader) + pmdk::kLogAlignment});
  }
  return {std::move(used), std::move(unused)};
}

// First headers and footers of the pieces of the first zone, and the headers of the objects in them.
std::pair<std::vector<Region>, std::vector<Region>> map_pieces(std::ifstream& file) {
  std::vector<Region> pieces, objects;
  const std::uint64_t headers = pmdk::kZonesOffset + sizeof(pmdk::ZoneHeader);
  const auto zone = record_at<pmdk::ZoneHeader>(file, pmdk::kZonesOffset);
  for (std::uint64_t chunk = 0; chunk < zone.chunk_count;) {
    const std::uint64_t offset = headers + chunk * sizeof(pmdk::ChunkHeader);
    const auto header = record_at<pmdk::ChunkHeader>(file, offset);
    pieces.push_back({offset, sizeof(header)});
    pieces.push_back({offset + (header.chunk_count - 1) * sizeof(header), sizeof(header)});
    if (header.type == pmdk::ChunkType::used)
      objects.push_back(
          {pmdk::kZonesOffset + pmdk::kZoneTableBytes + chunk * pmdk::kChunkBytes, sizeof(pmdk::ObjectHeader)});
    chunk += header.chunk_count;
  }
  return {std::move(pieces), std::move(objects)};
}

}  // namespace

PoolMap map_metadata(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto [used_logs, unused_logs] = map_logs(file);
  auto [pieces, objects] = map_pieces(file);
  return {{{"libpmemobj's header", {{0, sizeof(pmdk::PoolHeader)}}},
           {"descriptor", {{pmdk::kDescriptorOffset, sizeof(pmdk::Descriptor)}}},
           {"unchecked fields", {{pmdk::kRuntimeOffset, sizeof(pmdk::RuntimeFields)}}},
           {"logs in use", std::move(used_logs)},
           {"other logs", std::move(unused_logs)},
           {"heap header", {{pmdk::kHeapOffset, sizeof(pmdk::HeapHeader)}}},
           {"zone header", {{pmdk::kZonesOffset, sizeof(pmdk::ZoneHeader)}}},
           {"pieces of the heap", std::move(pieces)},
           {"object headers", std::move(objects)}}};
}

}  // namespace memo::test
