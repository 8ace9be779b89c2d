// AdmissionShare: the share of one kind of texts that is published: the texts whose hash lies below it. The hash
// is that of the tokens, so all layers of a text, and all processes, agree. Shares are nested: a process with a
// larger share publishes everything that others do.
//
// The share follows the expected value. If a share r of the kind's texts are repeats within the kind, a text comes
// r / (1 - r) more times on average; so publishing pays where r x saved > (1 - r) x cost. Then the share doubles,
// up to 1; where it does not pay even with the highest likely r, it halves, down to `least`. It starts at 1.
#pragma once

#include <cstdint>

#include "memo/types.h"

namespace memo {

struct ShareRules {
  double least = 0;
  std::uint64_t patience = 1;  // texts of the kind from one change to the next
  double margin = 1.25;        // of value over cost, to grow
};

// How often texts of a kind are repeats, as far as is known.
struct RepeatRate {
  double likely = 0;
  double highest = 1;
};

// For one text, in thread-microseconds, all layers together. 0: not known; then no share changes.
struct PublishValue {
  double cost_us = 0;
  double saved_us = 0;  // when it hits in every layer
};

// Threads: one at a time.
class AdmissionShare {
 public:
  explicit AdmissionShare(ShareRules rules) : rules_(rules) {}

  bool holds(const Digest& text) const { return place(text) < share_; }
  // Whether every possible share holds the text.
  bool always_holds(const Digest& text) const { return place(text) < rules_.least; }
  // Call once for each text of the kind.
  void follow(RepeatRate rate, PublishValue value);

  double share() const { return share_; }

 private:
  // Where the hash lies among all, 0 .. 1.
  static double place(const Digest& text) { return static_cast<double>(text.high) * 0x1p-64; }

  ShareRules rules_;
  double share_ = 1;
  std::uint64_t waited_ = 0;  // texts since the share could change
};

}  // namespace memo
