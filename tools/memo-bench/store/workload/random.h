// SplitMix: random numbers that are the same on every machine, for every (seed, stream).
#pragma once

#include <cstdint>

namespace memo {

// Mixes all bits of a word. A bijection, so different words stay different.
// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
inline std::uint64_t mix_bits(std::uint64_t word) {
  word += 0x9e3779b97f4a7c15u;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed, std::uint64_t stream = 0) : state_(mix_bits(seed) ^ mix_bits(~stream)) {}

  std::uint64_t next() {
    const std::uint64_t word = mix_bits(state_);
    state_ += 0x9e3779b97f4a7c15u;
    return word;
  }
  // In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // Of mean 0 and variance 1, nearly normal: a sum of four uniform numbers, within ±3.5.
  float normal() {
    const std::uint64_t word = next();
    const auto sum =
        static_cast<float>((word & 0xffff) + (word >> 16 & 0xffff) + (word >> 32 & 0xffff) + (word >> 48));
    return (sum - 2 * 65535.0f) * (1.7320508f / 65536.0f);
  }

 private:
  std::uint64_t state_;
};

}  // namespace memo
