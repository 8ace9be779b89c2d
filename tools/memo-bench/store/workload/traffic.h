// Traffic: what one client does in one round.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tools/memo-bench/store/workload/contestant.h"
#include "tools/memo-bench/store/workload/corpus.h"
#include "tools/memo-bench/store/workload/random.h"
#include "tools/memo-bench/store/workload/workload.h"
#include "tools/memo-bench/store/workload/zipf.h"

namespace memo {

// Every client and round has traffic of its own, the same whenever it is run again, and for every contestant.
// Threads: one at a time.
class Traffic {
 public:
  // Lifetime: the corpus outlives the traffic.
  Traffic(const Corpus& corpus, const Workload& workload, std::uint32_t client, std::uint32_t round);

  bool next_is_publish() { return random_.uniform() < workload_.publish_share; }
  // Lifetime, here and below: until the next call.
  std::span<const BenchQuery> next_lookup();
  // Whether query i of the last lookup asks for something that is stored.
  bool is_stored(std::size_t i) const { return stored_[i]; }
  // A memo that nobody has published yet.
  BenchMemo next_memo();

 private:
  void make_query(std::size_t i);

  const Corpus& corpus_;
  const Workload workload_;
  const Zipf popularity_;
  SplitMix random_;
  std::uint64_t next_new_;
  std::vector<BenchQuery> queries_;
  std::vector<bool> stored_;
  std::vector<float> features_;  // [batch, dimension]
  std::vector<float> new_feature_;
};

// The memo of a popularity: popular ones are spread over the whole store.
std::uint64_t memo_of_rank(std::uint64_t rank, std::uint64_t memos);

// Query `number` of those whose recall is measured. Shapes: out [dimension].
void recall_query(const Corpus& corpus, std::uint64_t memos, std::uint32_t number, std::span<float> out);

}  // namespace memo
