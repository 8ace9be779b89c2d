// IndexSnapshots: files beside a pool that hold the similarity graphs, so that opening need not build them.
//
// A snapshot is a cache of what the pool says: it names the pool (uuid), how often that had been opened, the space
// and the layer, carries a checksum over everything, and says for every memo the checksum of its header. What does
// not match is not used: a foreign or damaged file is ignored as a whole, a memo that is gone or was replaced is
// ignored alone. The folder and each file are used only when they are safely this user's
// (memod/store/pool/file/own_file.h).
// Format: docs/format.md.
#pragma once

#include <cstdint>
#include <string>

#include "index/vector_index.h"
#include "memo/status.h"
#include "memo/types.h"
#include "memod/store/pool/persist_observer.h"

namespace memo {

struct SnapshotIdentity {
  Digest pool;              // uuid
  std::uint64_t opens = 0;  // of the pool, when it was saved
  SpaceId space{};
  Layer layer{};
  std::uint32_t feature_dimension = 0;
};

// Threads: save() from one thread at a time, load() before the index is shared.
class IndexSnapshots {
 public:
  // The files lie in the folder POOL_PATH.index, which save() makes. Lifetime: the observer outlives this; it is
  // null except in tests, and is told of every step of a save.
  IndexSnapshots(const std::string& pool_path, PersistObserver* observer)
      : folder_(pool_path + ".index"), observer_(observer) {}

  // Replaces the snapshot of (space, layer) in one step: a crash leaves the old one or the new one.
  // Errors: full, internal, invalid_argument (the folder is not this user's).
  Status save(const SnapshotIdentity& identity, const VectorIndex& index, const StampOf& stamp_of) const;

  // Fills the empty index with the snapshot's entries that are still current.
  // Errors: not_found, corrupt (another pool, a later one, damaged), invalid_argument (not this user's); then the
  //         index is still empty.
  Status load(const SnapshotIdentity& identity, VectorIndex& index, const IsCurrent& is_current) const;

  // Deletes what a crash left half written. Call before the first save.
  // Errors: invalid_argument (the folder is not this user's, and nothing in it will be read or written).
  Status remove_leftovers() const;

 private:
  std::string path_of(const std::string& name) const;
  // Writes body and header. Errors: as save().
  Status write(int file, const SnapshotIdentity& identity, const VectorIndex& index,
               const StampOf& stamp_of) const;
  void note(const char* step) const;

  std::string folder_;
  PersistObserver* observer_;
};

}  // namespace memo
