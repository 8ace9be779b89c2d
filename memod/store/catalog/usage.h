// Usage: how often a memo was hit lately. A hit's weight halves with every half-life, so old hits fade.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace memo {

// Fits into one word of a slot's header. Units: minutes since 1970.
struct Usage {
  float hits = 0;  // as of `minute`
  std::uint32_t minute = 0;
};

inline std::uint64_t pack(Usage usage) {
  return (std::uint64_t{usage.minute} << 32) | std::bit_cast<std::uint32_t>(usage.hits);
}

// A word that pack() cannot have made means no usage.
inline Usage unpack_usage(std::uint64_t word) {
  constexpr float kMost = 1e12f;
  const Usage usage{std::bit_cast<float>(static_cast<std::uint32_t>(word)),
                    static_cast<std::uint32_t>(word >> 32)};
  return usage.hits >= 0 && usage.hits < kMost ? usage : Usage{};
}

class Decay {
 public:
  explicit Decay(double half_life_minutes) : per_minute_(static_cast<float>(-1 / half_life_minutes)) {}

  // The hits' weight at `minute`. A clock that went back changes nothing.
  float hits_at(Usage usage, std::uint32_t minute) const {
    if (minute <= usage.minute) return usage.hits;
    return usage.hits * std::exp2(per_minute_ * static_cast<float>(minute - usage.minute));
  }
  Usage hit(Usage usage, std::uint32_t minute) const { return {hits_at(usage, minute) + 1, minute}; }

 private:
  float per_minute_;
};

inline std::uint32_t minute_of(std::int64_t unix_ns) {
  return static_cast<std::uint32_t>(unix_ns / 60'000'000'000);
}

}  // namespace memo
