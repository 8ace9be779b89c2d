// StreamWindow: the figures of a part of a stream, compared with plain.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "model/memo/selection/memo_counters.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// Of one memoized run. Times include tokenizing, and until the store has taken what was published.
struct StreamWindow {
  std::uint64_t texts = 0;
  std::uint64_t repeats = 0;  // texts whose tokens came before in the stream
  double plain_s = 0;
  double memoized_s = 0;
  std::vector<double> saved_s;  // [batches]
  PartSeconds parts;            // of the memoized run
  double cosine_sum = 0;
  double least_cosine = 1;
  LayerCounters counters;  // of all layers

  void add_times(double plain_s, double memoized_s);
  // Shapes: both [texts, hidden], rows of length 1.
  void add_texts(const at::Tensor& plain, const at::Tensor& memoized);
  void add(const StreamWindow& other);
  double saved() const { return plain_s > 0 ? 1 - memoized_s / plain_s : 0; }
  // With what batches differ by, as a share of plain time.
  Interval saved_interval() const;
  // Of all maps that could have been found, and published.
  double hit_rate() const { return per_map(counters.exact_hits + counters.similar_hits); }
  double published_share() const { return per_map(counters.published); }
  double mean_cosine() const { return texts > 0 ? cosine_sum / static_cast<double>(texts) : 1; }
  nlohmann::ordered_json json() const;

 private:
  double per_map(std::uint64_t count) const;
  double us_a_text(double seconds) const;
};

}  // namespace memo
