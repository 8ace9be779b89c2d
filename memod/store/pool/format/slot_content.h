// SlotContent: a memo on its way into a slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "memo/types.h"

namespace memo {

// What a publish writes into a slot besides the payload.
struct SlotContent {
  Layer layer{};
  Key key;
  std::span<const float> feature;
  std::uint32_t length = 0;
  float cost_us = 0;
  float penalty = 1;  // see Publication
  std::int64_t created_unix_ns = 0;
  std::span<const std::byte> payload;
  bool pinned = false;
  std::uint64_t usage = 0;  // see memod/store/catalog/usage.h
};

}  // namespace memo
