// TableDamage: whether something changed the pool's tables since it was opened.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "client/process/logger.h"
#include "memo/status.h"

namespace memo {

// Once the tables are damaged, extents stay where they are: an extent that is emptied but cannot be removed would
// lose its memos for nothing. The store still serves what the pool holds, and takes memos where there is room.
// Threads: any.
class TableDamage {
 public:
  TableDamage(std::string pool_path, Logger log) : pool_path_(std::move(pool_path)), log_(std::move(log)) {}

  // Takes a status that the pool returned. The log gets a line when this is the first that says `corrupt`.
  void note(const Status& status);
  bool is_known() const { return known_; }
  // Errors: corrupt.
  Status can_move_extents() const;

 private:
  const std::string pool_path_;
  const Logger log_;
  std::atomic<bool> known_ = false;
};

}  // namespace memo
