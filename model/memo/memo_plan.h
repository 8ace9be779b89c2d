// MemoPlan: everything that the engines of one process share to memoize one model: weights, policy, embedder,
// store, spaces and fixed maps.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embed/embedder_set.h"
#include "memo/memo_store.h"
#include "model/checkpoint/checkpoint.h"
#include "model/layers/data_type.h"
#include "model/maps/map_codec.h"
#include "model/memo/selection/admission.h"
#include "model/memo/selection/layer_penalty.h"
#include "model/policy/policy.h"

namespace memo {

// One map for every input of a layer, as encoded.
struct FixedMap {
  Key key;  // a hash of the payload
  std::span<const std::byte> payload;
  std::shared_ptr<std::byte> memory;  // 64-byte aligned; owns payload
};

// Threads: any, after make().
class MemoPlan {
 public:
  // Loads what the policy names, and opens the spaces. A store that refuses a space, for example because it is
  // full, does not fail the plan: there is then no space, space_status() says why, and everything is computed.
  // type: what the engine computes in; maps of different types are never mixed.
  // Lifetime: checkpoint and store outlive the plan.
  // Errors: invalid_argument (the policy is for another model, or for the calibrated one, see checkpoint_for();
  //         its length exceeds the model's, the embedder is for other sizes, a head does not exist), as Embedder
  //         and Codebook.
  static Result<std::unique_ptr<MemoPlan>> make(const Checkpoint& checkpoint, DataType type, Policy policy,
                                                MemoStore& store);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const Policy& policy() const { return policy_; }
  DataType type() const { return type_; }
  const LayerPolicy& layer(std::size_t index) const { return policy_.layers[index]; }
  // Shapes: -> [heads]
  std::span<const HeadMode> modes(std::size_t layer) const { return modes_[layer]; }
  bool has(std::size_t layer, HeadMode mode) const;
  std::size_t layers_that_look_up() const;
  // Whether any head of any layer looks maps up or reads a fixed one.
  bool reads_maps() const;
  const Embedder& embedder(std::size_t layer) const { return embedders_.of(layer).embedder; }
  const EmbedderSet& embedders() const { return embedders_; }
  // The penalty of the maps that the layer publishes; null: none.
  const LayerPenalty* penalty(std::size_t layer) const {
    const auto found = penalties_.find(layer);
    return found == penalties_.end() ? nullptr : &found->second;
  }
  MemoStore& store() const { return store_; }
  // The space of a layer's memos: there is one for each set of heads that look up. Empty: none.
  std::optional<SpaceId> space(std::size_t layer) const { return spaces_[layer]; }
  // The space of fixed maps, which hold all heads.
  std::optional<SpaceId> fixed_space() const { return fixed_space_; }
  const Status& space_status() const { return space_status_; }
  // Decides which texts are published; all engines of the process share it.
  Admission& admission() { return admission_; }
  // A memo of `length` tokens at a layer: the heads that look up.
  MapShape map_shape(std::size_t layer, std::uint32_t length) const;
  MapShape fixed_map_shape() const { return {heads_, policy_.length, policy_.encoding}; }

  // The feature of memos that only their key finds (is_nowhere). Shapes: [feature_dimension]
  std::span<const float> nowhere() const { return nowhere_; }

  // Of the heads that read fixed maps, with their maps; all 0 where none does. Results depend on these; heads that look
  // up compute what is not found.
  Digest fixed_maps_digest() const;
  // Requires: the layer has fixed heads.
  const FixedMap& fixed_map(std::size_t layer) const { return fixed_maps_.at(layer); }
  // Publishes the layer's fixed map, once in the plan's lifetime.
  void offer_fixed_map(std::size_t layer);

 private:
  MemoPlan(const Checkpoint& checkpoint, DataType type, Policy policy, EmbedderSet embedders, MemoStore& store);
  Status read_modes();
  Status load_fixed_maps();
  void read_penalties();
  void open_spaces();
  std::optional<SpaceId> open_space(const std::vector<HeadMode>& modes);
  std::uint32_t count(std::size_t layer, HeadMode mode) const;

  const Checkpoint& checkpoint_;
  const DataType type_;
  const Policy policy_;
  const EmbedderSet embedders_;
  MemoStore& store_;
  Admission admission_;
  const std::uint32_t heads_;
  const std::vector<float> nowhere_;
  std::vector<std::vector<HeadMode>> modes_;    // [layers][heads]
  std::vector<std::optional<SpaceId>> spaces_;  // [layers]
  std::optional<SpaceId> fixed_space_;
  Status space_status_;
  std::map<std::size_t, FixedMap> fixed_maps_;
  std::map<std::size_t, LayerPenalty> penalties_;
  std::vector<std::atomic<bool>> offered_;  // by layer
};

}  // namespace memo
