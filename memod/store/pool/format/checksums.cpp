#include "memod/store/pool/format/checksums.h"

#include <xxhash.h>

#include <array>
#include <cstddef>

namespace memo {

std::uint64_t root_checksum(const layout::Root& root) {
  const std::array<std::uint64_t, 6> fields = {root.magic,
                                               root.version,
                                               root.uuid_high,
                                               root.uuid_low,
                                               static_cast<std::uint64_t>(root.created_unix_ns),
                                               root.extent_bytes};
  return XXH3_64bits(fields.data(), sizeof(fields));
}

std::uint64_t space_checksum(const layout::SpaceRecord& record) {
  return XXH3_64bits(&record, offsetof(layout::SpaceRecord, checksum));
}

std::uint64_t extent_checksum(const layout::ExtentRecord& record) {
  return XXH3_64bits(&record, offsetof(layout::ExtentRecord, checksum));
}

std::uint64_t header_checksum(const layout::SlotHeader& header) {
  return XXH3_64bits(&header, offsetof(layout::SlotHeader, header_checksum));
}

std::uint32_t feature_checksum(std::span<const float> feature) {
  return static_cast<std::uint32_t>(XXH3_64bits(feature.data(), feature.size_bytes()));
}

layout::SlotHeader make_header(std::uint64_t live_word, const SlotContent& content,
                               std::uint64_t payload_checksum) {
  layout::SlotHeader header{};
  header.state_word = live_word;
  header.key_high = content.key.high;
  header.key_low = content.key.low;
  header.payload_bytes = content.payload.size();
  header.payload_checksum = payload_checksum;
  header.created_unix_ns = content.created_unix_ns;
  header.layer = static_cast<std::uint32_t>(content.layer);
  header.length = content.length;
  header.cost_us = content.cost_us;
  header.feature_checksum = feature_checksum(content.feature);
  header.header_checksum = header_checksum(header);
  header.flags = content.pinned ? layout::kPinned : 0;
  header.usage = content.usage;
  header.penalty = content.penalty;
  return header;
}

}  // namespace memo
