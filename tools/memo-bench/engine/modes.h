// The ways in which one shape is run: plain, and memoized from a pool whose maps are cold.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memo/memo_store.h"
#include "model/engine/engine.h"
#include "model/memo/memoized_attention.h"

namespace memo {

using IdBatch = std::vector<std::vector<std::int32_t>>;

// One shape on one engine. Every mode runs the same batches in turn. There are so many batches that data has left
// the caches before it is read again.
// Threads: one at a time.
class EngineModes {
 public:
  // fixed: one map per layer, the average over a few texts. hit: every map an exact hit. mixed: half of the heads
  // hits, half computed. modes: those to be run, "plain" first. Errors: as Engine::make, MemoPlan::make and the
  // store's.
  static Result<std::unique_ptr<EngineModes>> make(const Checkpoint& checkpoint, EngineOptions options,
                                                   std::uint32_t batch, std::uint32_t length,
                                                   const std::string& folder,
                                                   const std::vector<std::string>& modes = names());
  ~EngineModes();

  static const std::vector<std::string>& names();  // "plain", "fixed", "hit", "mixed"
  const std::vector<std::string>& modes() const { return modes_; }
  struct Timing {
    double wall_ms = 0;
    double cpu_ms = 0;
  };
  Timing run(const std::string& mode, std::size_t round);
  // Relative difference of a memoized run's states to the plain ones.
  double error(const std::string& mode);
  // The share of a plain run that is spent on queries, keys, their products and softmax: reading maps at no cost
  // would save this share. Measured: attention as a whole, less the value projection.
  double limit();

  Engine& engine() { return *engine_; }
  const IdBatch& batch(std::size_t round) const { return batches_[round % batches_.size()]; }

 private:
  EngineModes(const Checkpoint& checkpoint, std::uint32_t batch, std::uint32_t length,
              const std::vector<std::string>& modes);
  Status make_plans(const std::string& folder);
  Status fill();
  std::uint64_t pool_bytes() const;
  Result<std::string> write_codebook(const std::string& folder);
  AttentionSource* source_of(const std::string& mode);
  void forward(const std::string& mode, std::size_t round);

  const Checkpoint& checkpoint_;
  const std::uint32_t length_;
  const std::vector<std::string> modes_;
  std::vector<IdBatch> batches_;
  std::unique_ptr<Engine> engine_;
  std::string pool_path_;
  std::string codebook_path_;
  std::unique_ptr<MemoStore> store_;
  std::vector<std::unique_ptr<MemoPlan>> plans_;                // of modes_ but the first
  std::vector<std::unique_ptr<MemoizedAttention>> attentions_;  // of modes_ except the first
};

}  // namespace memo
