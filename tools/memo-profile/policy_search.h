// The search for the policy that saves most time within the budget.
//
// Layers are put in order of harm: how far fixing one alone moves the embeddings. Candidates fix the first k of them,
// calibrated: for --frontier each k, else the k of largest_within(), from all of them down. Beyond the largest that keeps
// the budget, single heads of the other layers are fixed, the least harmful first (head_harm.h), as many as keep it. A step of
// k costs a calibration and two runs over texts, so deep models take larger steps. What the best of these leaves to be
// computed is at last tried with lookups, in a store that holds the maps of training texts.
#pragma once

#include <vector>

#include "tools/memo-profile/candidate_trial.h"

namespace memo {

struct SearchResult {
  std::vector<Trial> trials;  // in order of what they save; their models are not kept
  // Null: nothing pays.
  const Trial* chosen() const;
  std::vector<Candidate> candidates() const;
};

struct SearchInput {
  Budget budget;
  std::vector<HeadSimilarity> similarities;  // of every layer and head
  std::vector<ThresholdPoint> thresholds;
  TextList stored;  // training texts whose maps fit into the store
};

// Errors: as try_candidate.
Result<SearchResult> search_policy(const TrialGround& ground, const SearchInput& input);

}  // namespace memo
