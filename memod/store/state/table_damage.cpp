#include "memod/store/state/table_damage.h"

#include <fmt/format.h>

namespace memo {

void TableDamage::note(const Status& status) {
  if (status.code() != StatusCode::corrupt || known_.exchange(true)) return;
  if (log_) log_(status.message() + "; it serves and takes memos in the extents it has");
}

Status TableDamage::can_move_extents() const {
  if (!known_) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("the pool {} is damaged: no extent can be removed; back it up", pool_path_)};
}

}  // namespace memo
