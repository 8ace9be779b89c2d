// Admission: which texts' maps are published. A publish costs its encoding, its feature and its copy, and takes the room of
// something else; most texts never come again.
//
// Two rules, either of which admits a text:
//   seen     the text came before (doorkeeper.h): who came twice comes again more often than others. This process's texts only.
//   sampled  the text belongs to a share of all texts.
// Each has a share that follows what its texts are worth (admission_share.h): that of the sample by the rate of repeats among
// all texts, that of the texts seen by the rate of third and later comings among their second and later ones. Where even those
// who come twice come no more, half of them are left out, too.
//
// Why a sample: a repeat of a text that was not published is not seen by a lookup, so where little is published, hits say
// nothing about how often texts come again. In the sample they do. A text's hash has nothing to do with how often it comes;
// so the sampled texts are a random sample of all different texts, every time that one of them comes counts as a trial, every
// time but the first as a hit, and both are the same share of what they are among all texts: hits over trials estimates the rate
// of repeats, other processes' texts included, without bias, up to what has been evicted. (After the share has grown, texts that
// came while it was smaller are missed: an estimate too low for a while, which delays growth and never speeds it.) A similar map
// that is found counts as well. Of these the sample finds fewer than a store that has everything: too low again.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "memo/types.h"
#include "model/memo/admission_share.h"
#include "model/memo/decayed_rate.h"
#include "model/memo/doorkeeper.h"

namespace memo {

struct AdmissionRules {
  bool everything = false;  // admits every text; nothing else counts then
  bool seen = true;
  bool sampled = true;
  ShareRules of_all{.least = 1.0 / 128, .patience = 128};  // keeps the estimate alive
  // More, as how often texts come again shows late: each of them has just begun to.
  ShareRules of_seen{.least = 1.0 / 2, .patience = 32};
};

// What a batch says about publishing. Units: thread-microseconds, of all layers of a text together.
struct AdmissionReport {
  std::size_t sampled_lookups = 0;  // of texts in the sample whose lookup by key was answered
  double sampled_hits = 0;    // of them; a text that hits in a third of the layers that look up is a third of one
  std::size_t published = 0;  // texts
  double publish_us = 0;      // of all of them
  double saved_us = 0;        // by a text that hits in every layer; 0: not known
};

// Memory: 512 KiB, of two doorkeepers. Threads: any; one lock a batch. One a plan, that is a process: texts that one engine
// published, or saw, count for all.
class Admission {
 public:
  explicit Admission(AdmissionRules rules = {});

  struct Verdict {
    bool admitted = true;
    bool sampled = true;
    // Of the smallest sample: to be asked for by key though that does not pay, or nothing is learned.
    bool watched = false;
  };
  // Shapes: texts [batch], the hashes of their tokens -> [batch].
  std::vector<Verdict> judge(std::span<const Digest> texts);
  void learn(const AdmissionReport& report);

  // Requires: nothing was judged yet.
  void use(AdmissionRules rules);
  double share() const;  // of all texts
  double share_of_seen() const;
  double repeat_rate() const;

 private:
  Verdict judge(const Digest& text);
  bool admits_as_seen(const Digest& text);
  RepeatRate rate_of_all() const;

  mutable std::mutex mutex_;
  // Under mutex_:
  AdmissionRules rules_;
  AdmissionShare of_all_;
  AdmissionShare of_seen_;
  Doorkeeper came_;
  Doorkeeper came_again_;
  DecayedRate repeats_{1000};               // among all texts
  DecayedRate repeats_of_seen_{300};        // among those that came before
  DecayedRate repeats_in_the_sample_{256};  // other processes' included
  PublishValue value_;
};

}  // namespace memo
