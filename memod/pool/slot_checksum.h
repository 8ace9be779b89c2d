// What a slot's header says about itself, its feature and its payload.
#pragma once

#include <cstdint>
#include <span>

#include "memod/pool/layout.h"
#include "memod/pool/pool.h"

namespace memo {

// Over all fields before header_checksum, the state word as in `header`.
std::uint64_t header_checksum(const layout::SlotHeader& header);
std::uint32_t feature_checksum(std::span<const float> feature);

// A complete header, checksums included. Reads the whole payload.
layout::SlotHeader make_header(std::uint64_t live_word, const SlotContent& content);

}  // namespace memo
