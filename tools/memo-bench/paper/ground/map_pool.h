// MapPool: a pool of its own that holds the maps of texts, of all layers.
#pragma once

#include <memory>

#include "memod/store/store.h"
#include "model/text_model/text_model.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/paper/ground/paper_ground.h"

namespace memo {

// The size of a pool for all maps of `texts` texts. Units: bytes
std::uint64_t map_pool_bytes(const ModelConfig& config, std::uint32_t length, std::size_t texts);

// Threads: one at a time.
class MapPool {
 public:
  // texts: how many the pool has room for. Lifetime: the ground outlives this.
  // Errors: invalid_argument (the folder has no room for it); as Store::open and TextModel::memoized.
  static Result<std::unique_ptr<MapPool>> make(PaperGround& ground, DataType type, std::size_t texts);

  // Stores the maps of those of the first `count` texts that are not stored yet. Texts come in the same order each
  // time.
  // Errors: internal (the store refused some). Throws Interrupted.
  Status fill(const TextList& texts, std::size_t count);

  MemoStore& store() { return *memo_store_; }
  // Looks up and publishes in every layer, exact repeats only.
  TextModel& model() { return *model_; }
  Result<StoreStats> stats() { return store_->stats(); }

 private:
  explicit MapPool(PaperGround& ground) : ground_(ground), folder_(ground.options().folder, "memo-bench") {}

  PaperGround& ground_;
  TemporaryFolder folder_;
  std::shared_ptr<Store> store_;
  std::unique_ptr<MemoStore> memo_store_;
  std::unique_ptr<TextModel> model_;
  std::size_t filled_ = 0;
};

}  // namespace memo
