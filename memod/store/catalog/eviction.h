// What memos are worth, and which are worth least.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memod/store/pool/pool.h"

namespace memo {

// Microseconds that a memo has saved lately: what a hit saves, times the hits that still count. All slots of a
// space have the same size, so within a space this also orders memos by what they save per byte.
struct MemoValue {
  SlotId slot;
  float saved_us = 0;
};

// A client reports what a hit saves. An absurd value is clamped to the least or the most that a memo can be worth.
float saved_us(float cost_us, float hits);

// The `count` least valuable memos, in no order; all of them when there are fewer.
std::vector<MemoValue> least_valuable(std::vector<MemoValue> memos, std::size_t count);

struct ExtentValue {
  std::uint32_t extent = 0;
  float saved_us_per_byte = 0;
};

}  // namespace memo
