// libpmemobj walks each zone from piece to piece by the sizes in their first headers, at opening and again before
// the first allocation, and finds the left neighbour of a piece by a footer. It believes what it reads there.
// memod's objects are whole chunks: there are no runs of small objects.
#include "memod/store/pool/examine/heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "memod/store/pool/examine/headers.h"
#include "memod/store/pool/examine/pmdk_format.h"

namespace memo {
namespace {

constexpr char kSignature[16] = "MEMORY_HEAP_HDR";

Status check_heap_header(const PoolBytes& pool) {
  pmdk::HeapHeader header;
  MEMO_RETURN_IF_ERROR(pool.read_into(pmdk::kHeapOffset, header));
  if (header.checksum != pmdk::checksum_of(header))
    return {StatusCode::corrupt, "the header of libpmemobj's heap fails its checksum"};
  if (std::memcmp(header.signature, kSignature, sizeof(kSignature)) != 0)
    return {StatusCode::corrupt, "the header of libpmemobj's heap has another signature"};
  return Status::ok();
}

struct Zone {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::uint64_t chunk_count = 0;  // that the file has room for

  std::uint64_t chunk_offset(std::uint64_t chunk) const {
    return offset + pmdk::kZoneTableBytes + chunk * pmdk::kChunkBytes;
  }
};

std::vector<Zone> zones_of(std::uint64_t pool_bytes) {
  std::vector<Zone> zones;
  std::uint64_t offset = pmdk::kZonesOffset;
  while (offset + pmdk::kZoneTableBytes + pmdk::kChunkBytes <= pool_bytes) {
    const std::uint64_t room = (pool_bytes - offset - pmdk::kZoneTableBytes) / pmdk::kChunkBytes;
    zones.push_back({zones.size(), offset, std::min(room, pmdk::kChunksInZone)});
    offset += pmdk::kZoneBytes;
  }
  return zones;
}

// One zone under examination.
class ZoneWalk {
 public:
  ZoneWalk(const Zone& zone, std::vector<pmdk::ChunkHeader> headers) : zone_(zone), headers_(std::move(headers)) {}

  Status run(std::vector<UsedChunks>& used) const {
    for (std::uint64_t chunk = 0; chunk < headers_.size(); chunk += headers_[chunk].chunk_count) {
      MEMO_RETURN_IF_ERROR(check_piece(chunk));
      const pmdk::ChunkHeader& header = headers_[chunk];
      if (header.type == pmdk::ChunkType::used)
        used.push_back({zone_.chunk_offset(chunk), header.chunk_count * pmdk::kChunkBytes,
                        header.flags == pmdk::kCompactObjectHeader});
    }
    return Status::ok();
  }

 private:
  Status corrupt(std::uint64_t chunk, std::string_view field, std::uint64_t value) const {
    return {StatusCode::corrupt, fmt::format("zone {} of libpmemobj's heap: chunk {}: {} is {}, which cannot be",
                                             zone_.number, chunk, field, value)};
  }

  Status check_piece(std::uint64_t chunk) const {
    const pmdk::ChunkHeader& header = headers_[chunk];
    const bool is_free = header.type == pmdk::ChunkType::free;
    if (!is_free && header.type != pmdk::ChunkType::used)
      return corrupt(chunk, "type", static_cast<std::uint64_t>(header.type));
    if ((header.flags & ~pmdk::kCompactObjectHeader) != 0) return corrupt(chunk, "flags", header.flags);
    if (header.chunk_count == 0 || header.chunk_count > headers_.size() - chunk)
      return corrupt(chunk, "size", header.chunk_count);
    return is_free ? check_footer(chunk + header.chunk_count - 1) : Status::ok();
  }

  // Only a free piece's footer is checked: a crash may leave an older one there, of another piece that ended
  // there. The footers of used pieces are rewritten whenever a pool is opened.
  Status check_footer(std::uint64_t chunk) const {
    const std::uint64_t count = headers_[chunk].chunk_count;
    return count <= chunk + 1 ? Status::ok() : corrupt(chunk, "footer's size", count);
  }

  const Zone& zone_;
  std::vector<pmdk::ChunkHeader> headers_;
};

Status read_zone(const PoolBytes& pool, const Zone& zone, std::vector<UsedChunks>& used) {
  pmdk::ZoneHeader header;
  MEMO_RETURN_IF_ERROR(pool.read_into(zone.offset, header));
  if (header.magic == 0) return Status::ok();  // never used; libpmemobj makes its table when it needs it
  const auto corrupt = [&](std::string_view field, std::uint64_t value) {
    return Status(StatusCode::corrupt, fmt::format("zone {} of libpmemobj's heap: {} is {}, which cannot be",
                                                   zone.number, field, value));
  };
  if (header.magic != pmdk::kZoneMagic) return corrupt("magic", header.magic);
  if (header.chunk_count != zone.chunk_count) return corrupt("size", header.chunk_count);
  std::vector<pmdk::ChunkHeader> headers(zone.chunk_count);
  MEMO_RETURN_IF_ERROR(
      pool.read(zone.offset + sizeof(pmdk::ZoneHeader), std::as_writable_bytes(std::span(headers))));
  return ZoneWalk(zone, std::move(headers)).run(used);
}

}  // namespace

Result<std::vector<UsedChunks>> read_heap(const PoolBytes& pool) {
  MEMO_RETURN_IF_ERROR(check_heap_header(pool));
  std::vector<UsedChunks> used;
  for (const Zone& zone : zones_of(usable_bytes(pool.file()))) MEMO_RETURN_IF_ERROR(read_zone(pool, zone, used));
  return used;
}

bool is_sound_pool_size(std::uint64_t usable_bytes) {
  const std::uint64_t zones = usable_bytes - pmdk::kZonesOffset;
  const std::uint64_t rest = zones % pmdk::kZoneBytes;
  return zones < pmdk::kZoneBytes || rest < pmdk::kChunkBytes || rest >= pmdk::kZoneTableBytes + pmdk::kChunkBytes;
}

}  // namespace memo
