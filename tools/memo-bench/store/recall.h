// How often a similar lookup finds the nearest memo, compared with an exhaustive search.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "tools/memo-bench/store/workload/corpus.h"

namespace memo {

struct NearestMemo {
  std::uint64_t number = 0;
  float distance = 0;  // L2
};

// The nearest of memos 0 .. memos - 1 for each of recall_query() 0 .. queries - 1, by an exhaustive search on all
// cores.
std::vector<NearestMemo> exhaustive_nearest(const Corpus& corpus, std::uint64_t memos, std::uint32_t queries);

// {queries, recall_at_1, of_its_own, mean_distance}. `answers` is what ClientCrew::recall() returned. A query
// counts when its nearest memo is close enough to be a hit; the answer is right when it is that memo, or one as
// near to a part in 10,000. of_its_own: the share whose nearest is the memo that the query was made from: how
// trivial the queries are.
// Requires: one answer a query.
nlohmann::ordered_json judge_recall(const Corpus& corpus, std::uint64_t memos,
                                    const nlohmann::ordered_json& answers);

}  // namespace memo
