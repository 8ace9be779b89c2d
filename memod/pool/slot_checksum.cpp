#include "memod/pool/slot_checksum.h"

#include <xxhash.h>

#include <cstddef>

namespace memo {

std::uint64_t header_checksum(const layout::SlotHeader& header) {
  return XXH3_64bits(&header, offsetof(layout::SlotHeader, header_checksum));
}

std::uint32_t feature_checksum(std::span<const float> feature) {
  return static_cast<std::uint32_t>(XXH3_64bits(feature.data(), feature.size_bytes()));
}

layout::SlotHeader make_header(std::uint64_t live_word, const SlotContent& content) {
  layout::SlotHeader header{};
  header.state_word = live_word;
  header.key_high = content.key.high;
  header.key_low = content.key.low;
  header.payload_bytes = content.payload.size();
  header.payload_checksum = Pool::checksum(content.payload);
  header.created_unix_ns = content.created_unix_ns;
  header.layer = static_cast<std::uint32_t>(content.layer);
  header.length = content.length;
  header.cost_us = content.cost_us;
  header.feature_checksum = feature_checksum(content.feature);
  header.header_checksum = header_checksum(header);
  return header;
}

}  // namespace memo
