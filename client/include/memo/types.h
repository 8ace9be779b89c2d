// The terms of memod as types: keys, spaces, layers, generations. They do nothing but validate themselves.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "memo/status.h"

namespace memo {

// 128 bits of content hash.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Digest&) const = default;
  std::string hex() const;  // 32 lower-case hex digits, high first
};

// Identifies the exact input of a layer (see model/memo/lineage.h), for exact hits.
using Key = Digest;

// What a payload is. Values are stored in pools: never renumber.
enum class MemoKind : std::uint32_t {
  map = 1,     // attention probabilities [heads, length, length]
  trace = 2,   // per layer K, V and states of a stored sequence
  output = 3,  // the result of a whole pass (model/outputs/output_shape.h)
  states = 4,  // the final states of a text's tokens [tokens, hidden]
};
std::string_view to_string(MemoKind kind);

// How payload elements are encoded. Values are stored in pools: never renumber.
enum class PayloadEncoding : std::uint32_t {
  u8_row_scaled = 1,  // of maps: one f32 scale per row, and elements of this type (model/maps/map_codec.h)
  f16 = 2,
  f32 = 3,
};
std::string_view to_string(PayloadEncoding encoding);

// An index into the store's table of spaces. Valid for the store that returned it, until it is closed.
enum class SpaceId : std::uint32_t {};
// A transformer layer, counted from 0.
enum class Layer : std::uint32_t {};
// A slot's state word at the time when a memo was published there. The word changes whenever the slot is reused.
enum class Generation : std::uint64_t {};

inline constexpr std::uint32_t kMaxFeatureDimension = 256;
inline constexpr std::uint32_t kMaxLayers = 1024;
inline constexpr std::uint32_t kMaxLengthBucket = 65536;
inline constexpr std::uint32_t kMaxHeads = 1024;
inline constexpr std::uint64_t kMaxPayloadBytes = std::uint64_t{1} << 30;

// A space: all memos that may stand in for one another. Every field here is part of its identity.
struct SpaceSpec {
  Digest model;  // fingerprint of weights and architecture
  MemoKind kind = MemoKind::map;
  PayloadEncoding encoding = PayloadEncoding::u8_row_scaled;
  std::uint32_t length_bucket = 0;      // longest sequence, in tokens
  std::uint32_t heads = 0;              // 0 only where memos are no maps
  std::uint32_t feature_dimension = 0;  // floats in a feature, up to kMaxFeatureDimension; 0: only keys find memos
  std::uint64_t payload_bytes = 0;      // the largest payload, 1 .. kMaxPayloadBytes

  bool operator==(const SpaceSpec&) const = default;
  // Errors: invalid_argument naming the field, its value and its limit.
  Status validate() const;
};

// How much worse a memo stands in for others than its feature says: a factor on its distance, used only when a
// lookup chooses among near memos. 1: as well as its feature says.
inline constexpr float kMinPenalty = 1.0f / 16;
inline constexpr float kMaxPenalty = 16;
// Also false for a NaN.
inline bool is_penalty(float value) {
  return value >= kMinPenalty && value <= kMaxPenalty;
}

// The value of every element of a feature that is near nothing: its memo is in no index, and only its key finds
// it. So is a feature of no elements, as it is in a space whose feature_dimension is 0.
inline constexpr float kNowhere = 1e6f;
inline bool is_nowhere(std::span<const float> feature) {
  return std::all_of(feature.begin(), feature.end(), [](float x) { return x == kNowhere; });
}

}  // namespace memo

template <>
struct std::hash<memo::Digest> {
  std::size_t operator()(const memo::Digest& digest) const noexcept {
    return static_cast<std::size_t>(digest.low ^ (digest.high * 0x9e3779b97f4a7c15ULL));
  }
};
