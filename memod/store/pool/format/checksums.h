// XXH3-64 checksums of the pool's records, and records completed with them.
#pragma once

#include <cstdint>
#include <span>

#include "memod/store/pool/format/layout.h"
#include "memod/store/pool/format/slot_content.h"

namespace memo {

std::uint64_t root_checksum(const layout::Root& root);
std::uint64_t space_checksum(const layout::SpaceRecord& record);
std::uint64_t extent_checksum(const layout::ExtentRecord& record);

// Over all fields before header_checksum, the state word as in `header`.
std::uint64_t header_checksum(const layout::SlotHeader& header);
std::uint32_t feature_checksum(std::span<const float> feature);

// A complete header, checksums included. Does not read the payload: the code that stored it passes its checksum.
layout::SlotHeader make_header(std::uint64_t live_word, const SlotContent& content,
                               std::uint64_t payload_checksum);

}  // namespace memo
