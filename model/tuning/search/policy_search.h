// The search for the policy that saves most time within the budget.
//
// Layers are put in order of harm: how far fixing one alone moves the embeddings. Candidates fix the first k of
// them, calibrated: for --frontier each k, else the k of largest_within(), from all of them down. Beyond the
// largest that keeps the budget, single heads of the other layers are fixed, the least harmful first
// (head_harm.h), as many as keep the budget. A step of k costs a calibration and two runs over texts, so deep
// models take larger steps. Finally, lookups are tried for the layers and heads that the best candidate still
// computes, in a store that holds the maps of training texts.
#pragma once

#include <vector>

#include "model/tuning/search/candidate_trial.h"

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
