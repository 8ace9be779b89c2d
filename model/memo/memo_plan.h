// MemoPlan: everything that the workers of one process share to memoize one model: weights, policy, embedder,
// store, space and fixed maps.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/memo_store.h"
#include "embed/embedder.h"
#include "model/checkpoint/bert_checkpoint.h"
#include "model/memo/map_codec.h"
#include "model/memo/policy.h"

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
  // Loads what the policy names, and opens the space. A store that refuses the space (it is full, say) does not
  // fail the plan: space() is then empty, space_status() says why, and everything is computed.
  // Lifetime: checkpoint and store outlive the plan.
  // Errors: invalid_argument (the policy is for another model, its length exceeds the model's, the embedder is for
  //         other sizes), unsupported (head_dim is not a multiple of 16 up to 128), as Embedder and Codebook.
  static Result<std::unique_ptr<MemoPlan>> make(const BertCheckpoint& checkpoint, Policy policy, MemoStore& store);

  const BertCheckpoint& checkpoint() const { return checkpoint_; }
  const Policy& policy() const { return policy_; }
  const LayerPolicy& layer(std::int64_t index) const { return policy_.layers[static_cast<std::size_t>(index)]; }
  const Embedder& embedder() const { return embedder_; }
  MemoStore& store() const { return store_; }
  std::optional<SpaceId> space() const { return space_; }
  const Status& space_status() const { return space_status_; }
  // A map of `length` tokens of this model.
  MapShape map_shape(std::uint32_t length) const { return {heads_, length}; }

  // Requires: the layer's mode is fixed.
  const FixedMap& fixed_map(std::int64_t layer) const { return fixed_maps_.at(layer); }
  // Publishes the layer's fixed map, once in the life of the plan.
  void offer_fixed_map(std::int64_t layer);

 private:
  MemoPlan(const BertCheckpoint& checkpoint, Policy policy, Embedder embedder, MemoStore& store);
  Status load_fixed_maps();
  void open_space();

  const BertCheckpoint& checkpoint_;
  const Policy policy_;
  const Embedder embedder_;
  MemoStore& store_;
  const std::uint32_t heads_;
  std::optional<SpaceId> space_;
  Status space_status_;
  std::map<std::int64_t, FixedMap> fixed_maps_;
  std::vector<std::atomic<bool>> offered_;  // by layer
};

}  // namespace memo
