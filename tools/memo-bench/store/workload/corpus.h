// Corpus: the memos and queries of a store benchmark. Everything follows from a memo's number, so every process
// knows it without being told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memo/types.h"

namespace memo {

// Numbers from here on are never stored.
inline constexpr std::uint64_t kNeverStored = std::uint64_t{1} << 62;

// As unlike one another as content hashes are.
Key key_of(std::uint64_t number);

// A payload's words count up from the key, so their sum is known: one read shows whether the payload is this
// memo's, and complete. Requires: payload.size() is a multiple of 8.
void fill_payload(const Key& key, std::span<std::byte> payload);
// Reads every byte.
bool is_payload_of(const Key& key, std::span<const std::byte> payload);

// Features like those of texts: they come in families of 32, some of near-duplicates and some of loosely related
// ones; they vary in 24 directions, which a fixed map spreads over all floats, and every float has noise. This is
// only a model of such features: isotropic noise alone would make all neighbours equally far, and searches too
// hard; well separated points would make them too easy.
//
// Threads: const.
class Corpus {
 public:
  // Requires: dimension >= 1.
  explicit Corpus(std::uint32_t dimension);

  // Shapes, here and below: out [dimension].
  void feature(std::uint64_t number, std::span<float> out) const;
  // The feature of an input that is similar to that of `number`, but not the same. In a family of near-duplicates
  // its nearest neighbour is often another one.
  void feature_near(std::uint64_t number, std::uint64_t salt, std::span<float> out) const;
  // The feature of an input unlike all stored ones: it has its own family, and is farther than kMaxDistance from
  // all.
  void feature_of_stranger(std::uint64_t salt, std::span<float> out) const;

  // L2: what feature_near() gives lies this close.
  static constexpr float kMaxDistance = 1.6f;
  std::uint32_t dimension() const { return dimension_; }

 private:
  static constexpr std::size_t kDirections = 24;
  struct Point {
    float at[kDirections];
  };
  static Point point_of(std::uint64_t number);
  void spread(const Point& point, std::uint64_t noise_seed, std::span<float> out) const;

  const std::uint32_t dimension_;
  std::vector<float> directions_;  // [kDirections, dimension]
};

// L2, squared. Shapes: [dimension] both.
float squared_distance(std::span<const float> left, std::span<const float> right);

}  // namespace memo
