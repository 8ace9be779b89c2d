// Admission: which texts' maps are published. A publish costs its encoding, its feature and its copy, and takes the room of
// something else; most texts never come again.
//
// Two rules, either of which admits a text:
//   seen     the text came before (doorkeeper.h): who came twice comes again more often than not. This process's texts only.
//   sampled  the text's hash lies below a share of all hashes. The hash is that of the tokens, so all layers of a text, and
//            all processes, agree; and samples are nested: whoever's share is larger publishes all that others do.
// Why a sample: a repeat of a text that was not published is not seen by a lookup, so where little is published, hits say
// nothing about how often texts come again. In the sample they do. A text's hash has nothing to do with how often it comes;
// so the sampled texts are a random sample of all different texts, every time that one of them comes counts as a trial, every
// time but the first as a hit, and both are the same share of what they are among all texts: hits over trials estimates the rate
// of repeats, other processes' texts included, without bias, up to what has been evicted. (After the share has grown, texts that
// came while it was smaller are missed: an estimate too low for a while, which delays growth and never speeds it.)
//
// The share follows the expected value. If a share r of all texts are repeats, a text comes r / (1 - r) more times on average;
// so publishing pays where r x saved > (1 - r) x cost. Then the share doubles, up to 1; where it does not pay even with
// the highest likely r, it halves, down to `least_share`, which keeps the estimate alive. It starts at 1.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "client/types.h"
#include "model/memo/decayed_rate.h"
#include "model/memo/doorkeeper.h"

namespace memo {

struct AdmissionRules {
  bool everything = false;  // admits every text; nothing else counts then
  bool seen = true;
  bool sampled = true;
  double least_share = 1.0 / 32;
  std::uint64_t patience = 256;  // texts from one change of the share to the next
  double margin = 1.25;          // of value over cost, to grow
};

// What a batch says about publishing. Units: thread-microseconds, of all layers of a text together.
struct AdmissionReport {
  std::size_t sampled_lookups = 0;  // of texts in the sample, by key; texts whose lookup was answered
  std::size_t sampled_hits = 0;
  std::size_t published = 0;  // texts
  double publish_us = 0;      // of all of them
  double saved_us = 0;        // by a text that hits in every layer; 0: not known
};

// Memory: a doorkeeper's 256 KiB. Threads: any; one lock a batch. One a plan, that is a process: texts that one engine
// published, or saw, count for all.
class Admission {
 public:
  explicit Admission(AdmissionRules rules = {}) : rules_(rules) {}

  struct Verdict {
    bool admitted = true;
    bool sampled = true;
  };
  // Shapes: texts [batch], the hashes of their tokens -> [batch].
  std::vector<Verdict> judge(std::span<const Digest> texts);
  void learn(const AdmissionReport& report);

  // Requires: nothing was judged yet.
  void use(AdmissionRules rules);
  double share() const;
  double repeat_rate() const;

 private:
  Verdict judge(const Digest& text);
  void adapt();
  double likely_rate() const;
  double highest_rate() const;

  mutable std::mutex mutex_;
  // Under mutex_:
  AdmissionRules rules_;
  Doorkeeper doorkeeper_;
  double share_ = 1;
  std::uint64_t waited_ = 0;        // texts since the share changed
  DecayedRate seen_{4000};          // of all texts
  DecayedRate sampled_hits_{1000};  // of those in the sample
  double publish_us_ = 0;           // a text; 0: not known
  double saved_us_ = 0;
};

}  // namespace memo
