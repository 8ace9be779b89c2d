// Spaces and memos for tests of stores: every memo's bytes, key and feature follow from one number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memo/memo_store.h"

namespace memo::test {

inline constexpr std::uint32_t kFeatureDimension = 8;

inline SpaceSpec small_space(std::uint64_t payload_bytes = 4096) {
  return {.model = {0x1234, 0x5678},
          .length_bucket = 128,
          .heads = 4,
          .feature_dimension = kFeatureDimension,
          .payload_bytes = payload_bytes};
}

// Of whole results: memos without features, which only their keys find.
inline SpaceSpec small_output_space(std::uint64_t payload_bytes = 4096) {
  return {.model = {0x1234, 0x5678},
          .kind = MemoKind::output,
          .encoding = PayloadEncoding::f32,
          .length_bucket = 128,
          .payload_bytes = payload_bytes};
}

inline Key key_of(std::uint64_t number) {
  return {0xfeed, number};
}

// The features of numbers n and m are 10·|n − m| apart.
inline std::vector<float> feature_of(double number) {
  std::vector<float> feature(kFeatureDimension, 0.0f);
  feature[0] = static_cast<float>(10.0 * number);
  return feature;
}

inline void fill_payload(std::uint64_t number, std::span<std::byte> payload) {
  std::uint64_t word = number * 0x9e3779b97f4a7c15ULL + 1;
  for (std::byte& value : payload) {
    word = word * 6364136223846793005ULL + 1442695040888963407ULL;
    value = static_cast<std::byte>(word >> 56);
  }
}

inline std::vector<std::byte> payload_of(std::uint64_t number, std::size_t bytes) {
  std::vector<std::byte> payload(bytes);
  fill_payload(number, payload);
  return payload;
}

inline bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace memo::test
