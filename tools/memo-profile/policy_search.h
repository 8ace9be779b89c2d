// The search for the policy that saves most time within the budget.
//
// Layers are put in order of harm: how far fixing one alone moves the embeddings. Candidates fix the first k of them,
// for each k, calibrated; where the budget ends between k and k + 1, part of the heads of the next layer, those whose
// average resembles the computed maps most. A step of k costs a calibration and two runs over texts, so deep models take
// larger steps.
#pragma once

#include <vector>

#include "tools/memo-profile/candidate_trial.h"

namespace memo {

struct SearchResult {
  std::vector<Candidate> candidates;  // all that were tried, in order of what they save
  std::optional<Trial> chosen;        // empty: nothing pays
};

// similarities: of every layer and head, for the order of heads.
// Errors: as try_candidate.
Result<SearchResult> search_policy(const TrialGround& ground, const Budget& budget,
                                   const std::vector<HeadSimilarity>& similarities);

// Whether a candidate keeps the budget.
bool in_budget(const Candidate& candidate, const Budget& budget);

}  // namespace memo
