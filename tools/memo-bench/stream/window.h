// StreamWindow: the figures of a part of a stream, compared with plain.
#pragma once

#include <algorithm>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "embed/tensor/tensor.h"
#include "model/memo/selection/memo_counters.h"
#include "model/outputs/output_counters.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// What a run counted and spent.
struct StreamCounts {
  LayerCounters maps;  // of all layers
  PartSeconds map_s;
  OutputCounters outputs;
  OutputSeconds output_s;

  StreamCounts& operator+=(const StreamCounts& other);
  StreamCounts& operator-=(const StreamCounts& before);
};

// Of one memoized run. Times are from texts to results, and until the store has taken what was published.
struct StreamWindow {
  std::uint64_t texts = 0;
  std::uint64_t repeats = 0;  // texts whose tokens came before in the stream
  double plain_s = 0;
  double memoized_s = 0;
  std::vector<double> saved_s;  // [batches]
  StreamCounts counts;
  double cosine_sum = 0;
  double least_cosine = 1;
  std::uint64_t different = 0;  // texts with other bits than plain's

  void add_times(double plain_s, double memoized_s);
  // Shapes: both [texts, embedding size].
  void add_texts(const Tensor& plain, const Tensor& memoized);
  void add(const StreamWindow& other);
  double saved() const { return plain_s > 0 ? 1 - memoized_s / plain_s : 0; }
  // With what batches differ by, as a share of plain time.
  Interval saved_interval() const;
  // Of all texts.
  double outputs_found() const { return share(counts.outputs.hits + counts.outputs.repeated, texts); }
  // Of all maps that could have been found, and published.
  double maps_found() const { return share(counts.maps.exact_hits + counts.maps.similar_hits, all_maps()); }
  double maps_published() const { return share(counts.maps.published, all_maps()); }
  double mean_cosine() const { return texts > 0 ? cosine_sum / static_cast<double>(texts) : 1; }
  nlohmann::ordered_json json() const;

 private:
  static double share(std::uint64_t part, std::uint64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }
  std::uint64_t all_maps() const {
    return counts.maps.exact_hits + counts.maps.similar_hits + counts.maps.computed;
  }
  double us_a_text(double seconds) const;
  nlohmann::ordered_json parts_json() const;
  nlohmann::ordered_json outputs_json() const;
  nlohmann::ordered_json maps_json() const;
};

}  // namespace memo
