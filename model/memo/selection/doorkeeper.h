// Doorkeeper: remembers which texts came lately, in fixed memory (the doorkeeper of TinyLFU: Einziger, Friedman,
// Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017, section 3.4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memo/types.h"

namespace memo {

// It uses two Bloom filters in turn: when one has taken kTexts different texts, the older one is emptied and takes
// the next. So it remembers at least the last 32,768 different texts, and at most twice as many. At most 4 in
// 10,000 new texts are mistaken for old ones: there are 32 bits per text, four of them set.
// Memory: 256 KiB. Threads: one at a time.
class Doorkeeper {
 public:
  static constexpr std::size_t kTexts = 1 << 15;

  Doorkeeper() : young_(kBits / 64), old_(kBits / 64) {}

  // Whether the text was seen before; from now on it counts as seen.
  bool seen(const Digest& text) {
    if (holds(young_, text)) return true;
    const bool known = holds(old_, text);
    if (texts_ == kTexts) turn();
    put(text);
    return known;
  }

 private:
  static constexpr std::size_t kBits = 1 << 20;
  static constexpr std::uint64_t kProbes = 4;
  using Bits = std::vector<std::uint64_t>;

  static std::size_t bit(const Digest& text, std::uint64_t probe) {
    return (text.low + probe * (text.high | 1)) % kBits;
  }
  static bool holds(const Bits& bits, const Digest& text) {
    for (std::uint64_t probe = 0; probe < kProbes; ++probe) {
      const std::size_t at = bit(text, probe);
      if ((bits[at / 64] >> (at % 64) & 1) == 0) return false;
    }
    return true;
  }
  void put(const Digest& text) {
    ++texts_;
    for (std::uint64_t probe = 0; probe < kProbes; ++probe) {
      const std::size_t at = bit(text, probe);
      young_[at / 64] |= std::uint64_t{1} << (at % 64);
    }
  }
  void turn() {
    young_.swap(old_);
    young_.assign(young_.size(), 0);
    texts_ = 0;
  }

  Bits young_;
  Bits old_;
  std::size_t texts_ = 0;  // in young_
};

}  // namespace memo
