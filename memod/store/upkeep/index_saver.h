// IndexSaver: the similarity indexes and their files. The pool is the truth: loading takes the part of an index
// that agrees with the pool, and adds the pool's other memos.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "memod/store/catalog/index_snapshot.h"
#include "memod/store/state/state.h"

namespace memo {

// Threads: one: the maintenance thread, or the thread that opens or closes the store while the former does
// nothing.
// Lifetime: the state outlives this.
class IndexSaver {
 public:
  explicit IndexSaver(StoreState& state);

  // Fills the indexes of all layers. Requires: the catalog has the memos, and no other thread knows the store.
  void load();
  // When the next save is due; nothing when there is nothing to save, or indexes are never saved.
  std::optional<std::chrono::milliseconds> until_due() const;
  // Saves what has changed.
  void save();

 private:
  void load(LayerCatalog& layer);
  void save(LayerCatalog& layer);
  void note_refusal(const Status& status) const;
  SnapshotIdentity identity_of(const LayerCatalog& layer) const;
  std::uint64_t stamp_of(std::uint64_t label) const;

  StoreState& state_;
  const IndexSnapshots snapshots_;
  std::chrono::steady_clock::time_point saved_;
};

}  // namespace memo
