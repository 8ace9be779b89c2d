#include "model/tuning/result/budget.h"

namespace memo {

bool in_budget(const Candidate& candidate, const Budget& budget) {
  return budget.labels ? candidate.lost->mean <= budget.points : candidate.cosine >= budget.cosine;
}

const Candidate* best_within(const std::vector<Candidate>& candidates, const Budget& budget) {
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates)
    if (candidate.saved > (best == nullptr ? kMinSaved : best->saved) && in_budget(candidate, budget))
      best = &candidate;
  return best;
}

}  // namespace memo
