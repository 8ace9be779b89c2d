// SimilarityProbe: compares the maps of new texts with stored maps that could stand in for them, through a real
// store.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <vector>

#include "memo/memo_store.h"
#include "model/text_model/text_model.h"
#include "model/tuning/measure/model_outputs.h"
#include "model/tuning/result/profile_result.h"
#include "model/tuning/training/map_observer.h"

namespace memo {

// One text at one layer, beside its nearest stored neighbour.
struct NearestMap {
  std::size_t text = 0;            // place in the probed list
  std::size_t matched = 0;         // place in the stored list
  float distance = 0;              // L2 between features
  std::vector<double> similarity;  // [heads]
};

struct ProbeResult {
  std::vector<HeadSimilarity> similarities;
  std::vector<std::vector<NearestMap>> nearest;  // [layers][texts that had a neighbour]
  std::vector<double> lookup_us;                 // [layers]: feature and search, of one text
  std::vector<double> search_us;                 // [layers]: search alone
};

// The model looks up at every layer, and publishes (Policy::defaults). averages: [layers] of [heads, length,
// length].
// Errors: full (the pool has no room for a single text), of the store.
class SimilarityProbe {
 public:
  // Lifetime: everything outlives this.
  SimilarityProbe(TextModel& model, const std::vector<at::Tensor>& averages);

  // Stores the maps of `stored`, and looks up the nearest ones of each of `probed`.
  Result<ProbeResult> run(const TextList& stored, const TextList& probed, std::size_t batch,
                          const Advance& advance);
  // The same with maps that are already stored. Call once in a probe's lifetime.
  Result<ProbeResult> ask(const TextList& stored, const TextList& probed, std::size_t batch,
                          const Advance& advance);

 private:
  // Finds the nearest maps of the batch's sequences, at the current layer.
  using Matches = std::vector<std::optional<Match>>;

  void remember(const TextList& stored);
  void look_up(std::size_t layer, const LayerStates& input);
  void compare(std::size_t layer, std::size_t sequence, const at::Tensor& map);
  void compare_nearest(std::size_t layer, std::size_t sequence, const at::Tensor& map);
  // The blend of all neighbours, weighed as a layer with `neighbours` weighs them.
  std::optional<at::Tensor> blend_of(std::size_t layer, std::size_t sequence, std::int64_t length) const;
  void compare_random(std::size_t layer, const at::Tensor& map);
  // The map that a match holds, cut to `length`; nothing when it cannot be read.
  std::optional<at::Tensor> map_of(std::size_t layer, const Match& match, std::int64_t length) const;
  Result<std::optional<Match>> stored_map(std::size_t layer, const Key& key);
  ProbeResult result() const;

  // Sums over texts, one per head, and the number of texts.
  struct Sum {
    at::Tensor of_heads;  // [heads] f64
    double texts = 0;
    void add(const at::Tensor& similarities);
    double mean(std::int64_t head) const;
  };
  struct LayerSums {
    Sum fixed, nearest, blend, random;
    double lookup_s = 0, search_s = 0;
    std::vector<NearestMap> nearest_maps;
    std::map<Key, std::size_t> stored_at;  // where a key's text stands in the stored list
  };

  TextModel& model_;
  const std::vector<at::Tensor>& averages_;
  const TextList* stored_ = nullptr;
  std::mt19937_64 random_{1};
  std::size_t first_ = 0;  // place of the batch's first text in the probed list
  Matches matches_;        // [batch * kBlended], nearest first
  std::vector<LayerSums> layers_;
  Status failure_;  // of the store, the first
};

}  // namespace memo
