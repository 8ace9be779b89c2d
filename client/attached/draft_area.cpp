#include "client/attached/draft_area.h"

#include <algorithm>
#include <cassert>

namespace memo {

DraftArea::DraftArea(std::uint64_t bytes, std::uint64_t granule)
    : granule_(granule), used_(bytes / granule, false) {
  assert(bytes % granule == 0);
}

std::optional<std::uint64_t> DraftArea::allocate(std::uint64_t bytes) {
  const std::uint64_t wanted = granules(bytes);
  const std::lock_guard lock(mutex_);
  std::uint64_t run = 0;
  for (std::uint64_t granule = 0; granule < used_.size(); ++granule) {
    run = used_[granule] ? 0 : run + 1;
    if (run < wanted) continue;
    const std::uint64_t first = granule + 1 - wanted;
    mark(first, wanted, true);
    return first * granule_;
  }
  return std::nullopt;
}

void DraftArea::free(std::uint64_t offset, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  mark(offset / granule_, granules(bytes), false);
}

std::uint64_t DraftArea::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint64_t>(std::count(used_.begin(), used_.end(), false)) * granule_;
}

void DraftArea::mark(std::uint64_t first, std::uint64_t count, bool used) {
  for (std::uint64_t granule = first; granule < first + count; ++granule) {
    assert(used_[granule] != used);
    used_[granule] = used;
  }
}

}  // namespace memo
