// Memos of which every byte follows from the name: whoever finds one can tell whether it is the right one.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "memo/types.h"
#include "tests/support/pool/memo_fixtures.h"

namespace memo::test {

// Whether the space's memos are whole results, which only their keys find.
inline bool holds_outputs(std::uint32_t space) {
  return space % 4 == 1;
}

// The same number has the same key, and feature where there is one, in every space, so that an answer from
// another space would be one that fits, were it not for its bytes.
struct MemoName {
  std::uint32_t space = 0;  // which of model_space(0), model_space(1), ...; not a SpaceId
  std::uint64_t number = 0;
  auto operator<=>(const MemoName&) const = default;

  Layer layer() const { return Layer{static_cast<std::uint32_t>(number % 3)}; }
  Key key() const { return key_of(number); }
  std::vector<float> feature() const {
    return holds_outputs(space) ? std::vector<float>() : feature_of(static_cast<double>(number));
  }
  std::string text() const { return fmt::format("memo {} of space {}", number, space); }
};

// Payloads of at most 64 KiB, 32 KiB, 16 KiB, 8 KiB: about 30 slots and more in a small pool's extent.
inline SpaceSpec model_space(std::uint32_t index) {
  const std::uint64_t bytes = (64u << 10) >> (index % 4);
  SpaceSpec spec = holds_outputs(index) ? small_output_space(bytes) : small_space(bytes);
  spec.model.low += index;
  return spec;
}

// 300 to 999 bytes: a part of a slot, so that what an earlier memo left behind it would show.
inline std::size_t payload_bytes(MemoName name) {
  return 300 + (name.number * 37 + name.space) % 700;
}

inline std::vector<std::byte> payload(MemoName name) {
  return payload_of(name.number * 1009 + name.space * 31 + static_cast<std::uint32_t>(name.layer()),
                    payload_bytes(name));
}

}  // namespace memo::test
