// The memos of a soak: of which there are a bounded number, and every byte of which follows from space, layer and key.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "memo/types.h"

namespace memo::soak {

inline constexpr std::uint32_t kClients = 4;
inline constexpr std::uint32_t kLayers = 4;
inline constexpr std::uint32_t kFeatureDimension = 16;

struct SpaceModel {
  std::uint64_t payload_bytes;
  std::uint64_t numbers;  // per client
  MemoKind kind = MemoKind::map;
};
// All of them together fit into the pool, so nothing need be evicted.
inline constexpr std::array<SpaceModel, 4> kSpaces = {
    {{2 << 10, 1000}, {16 << 10, 300}, {128 << 10, 60}, {1536, 1000, MemoKind::output}}};
inline constexpr std::uint64_t kPoolBytes = 256ull << 20;

// The same number has the same key, and feature where there is one, in every space: publishing to two spaces uses one key.
struct MemoId {
  std::uint32_t space = 0;  // index into kSpaces
  std::uint64_t number = 0;
  auto operator<=>(const MemoId&) const = default;

  Layer layer() const { return Layer{static_cast<std::uint32_t>(number / kClients % kLayers)}; }
  Key key() const { return {0x50a4, number}; }
  // Only this client publishes or erases it.
  std::uint32_t owner() const { return static_cast<std::uint32_t>(number % kClients); }
};

inline MemoId memo_of(std::uint32_t client, std::uint32_t space, std::uint64_t index) {
  return {space, index * kClients + client};
}

// Whole results have no features: only their keys find them.
inline bool has_features(std::uint32_t space) {
  return kSpaces[space].kind == MemoKind::map;
}

inline SpaceSpec spec_of(std::uint32_t space) {
  return {.model = {0x50a4, space},
          .kind = kSpaces[space].kind,
          .length_bucket = 128,
          .heads = has_features(space) ? 4u : 0,
          .feature_dimension = has_features(space) ? kFeatureDimension : 0,
          .payload_bytes = kSpaces[space].payload_bytes};
}

// The features of numbers n and m are |n - m| apart.
inline std::vector<float> feature_of(MemoId memo) {
  if (!has_features(memo.space)) return {};
  std::vector<float> feature(kFeatureDimension, 0.0f);
  feature[0] = static_cast<float>(memo.number);
  return feature;
}

// Half to all of what the space allows.
inline std::size_t payload_bytes(MemoId memo) {
  const std::uint64_t half = kSpaces[memo.space].payload_bytes / 2;
  return static_cast<std::size_t>(half + memo.number * 97 % (half + 1));
}

// Requires: payload.size() == payload_bytes(memo).
inline void fill_payload(MemoId memo, std::span<std::byte> payload) {
  std::uint64_t state = (memo.number << 8 | memo.space << 4 | static_cast<std::uint32_t>(memo.layer())) + 1;
  for (std::size_t at = 0; at < payload.size(); at += sizeof(state)) {
    state = (state ^ (state >> 29)) * 0xbf58476d1ce4e5b9ULL + 0x9e3779b97f4a7c15ULL;
    std::memcpy(payload.data() + at, &state, std::min(sizeof(state), payload.size() - at));
  }
}

inline bool is_payload_of(MemoId memo, std::span<const std::byte> bytes) {
  if (bytes.size() != payload_bytes(memo)) return false;
  std::vector<std::byte> expected(bytes.size());
  fill_payload(memo, expected);
  return std::memcmp(bytes.data(), expected.data(), bytes.size()) == 0;
}

// What an answer turned out to be.
enum class Answer { right, torn, crossed };

// Crossed: these are the bytes, but of another space.
inline Answer judge(MemoId memo, std::span<const std::byte> bytes) {
  if (is_payload_of(memo, bytes)) return Answer::right;
  for (std::uint32_t space = 0; space < kSpaces.size(); ++space)
    if (space != memo.space && is_payload_of({space, memo.number}, bytes)) return Answer::crossed;
  return Answer::torn;
}

}  // namespace memo::soak
