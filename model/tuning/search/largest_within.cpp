#include "model/tuning/search/largest_within.h"

#include <algorithm>

namespace memo {

Result<std::size_t> largest_within(std::size_t most, std::size_t step, std::size_t likely,
                                   const std::function<Result<bool>(std::size_t)>& within) {
  std::size_t kept = 0;
  std::size_t beyond = most + step;
  std::size_t next = std::clamp(likely, std::min(step, most), most);
  for (std::size_t stride = step; beyond - kept > step; stride *= 2) {
    MEMO_ASSIGN_OR_RETURN(const bool found, within(next));
    (found ? kept : beyond) = next;
    if (kept > 0 && beyond > most)
      next = std::min(most, kept + stride);
    else if (kept == 0 && stride < beyond)
      next = beyond - stride;
    else
      next = kept + (beyond - kept) / 2;
  }
  return kept;
}

}  // namespace memo
