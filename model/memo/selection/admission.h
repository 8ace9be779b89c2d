// Admission: which texts' maps are published. A publish costs encoding, a feature and a copy, and takes the room
// of another memo; most texts never come again.
//
// Two rules, either of which admits a text:
//   seen     the text came before (doorkeeper.h): a text that came twice comes again more often than others. This
//            process's texts only.
//   sampled  the text belongs to a share of all texts.
// Each has a share that follows what its texts are worth (admission_share.h): the sample's share follows the rate
// of repeats among all texts; the share of texts seen follows the rate of third and later comings among their
// second and later ones. Where even texts that came twice do not come again, half of them are left out, too.
//
// Why a sample: a lookup does not see the repeat of a text that was not published, so where little is published,
// hits say nothing about how often texts come again. In the sample they do. A text's hash is independent of how
// often it comes, so the sampled texts are a random sample of all different texts. Each coming of one of them
// counts as a trial, and each except the first as a hit. Both are the same share of their numbers among all texts.
// So hits over trials estimates the rate of repeats, other processes' texts included, without bias, apart from
// evicted memos. (After the share has grown, texts that came while it was smaller are missed: the estimate is too
// low for a while, which delays growth and never speeds it up.) A similar map that is found counts, too. The
// sample finds fewer of these than a store that has everything: again, the estimate is too low.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "memo/types.h"
#include "model/memo/selection/admission_share.h"
#include "model/memo/selection/decayed_rate.h"
#include "model/memo/selection/doorkeeper.h"

namespace memo {

struct AdmissionRules {
  bool everything = false;  // admits every text; nothing else counts then
  bool seen = true;
  bool sampled = true;
  ShareRules of_all{.least = 1.0 / 128, .patience = 128};  // keeps the estimate alive
  // More texts than for the sample: each text has only just begun to repeat, so its rate shows late.
  ShareRules of_seen{.least = 1.0 / 2, .patience = 32};
};

// What a batch says about publishing. Units: thread-microseconds, for all layers of a text together.
struct AdmissionReport {
  std::size_t sampled_lookups = 0;  // of texts in the sample whose lookup by key was answered
  double sampled_hits = 0;    // of these; a text that hits in a third of the layers that look up counts a third
  std::size_t published = 0;  // texts
  double publish_us = 0;      // of all of them
  double saved_us = 0;        // by a text that hits in every layer; 0: not known
};

// Memory: 512 KiB, of two doorkeepers. Threads: any; one lock a batch. One per plan, that is per process: texts
// that one engine published, or saw, count for all engines.
class Admission {
 public:
  explicit Admission(AdmissionRules rules = {});

  struct Verdict {
    bool admitted = true;
    bool sampled = true;
    // Whether the text is in the smallest sample: it is looked up by key even when that does not pay, or nothing
    // would be learned.
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
