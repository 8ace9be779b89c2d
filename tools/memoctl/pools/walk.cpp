#include "tools/memoctl/pools/walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tools/memoctl/output/units.h"

namespace memo {
namespace {

constexpr std::uint32_t kPage = 1024;

}  // namespace

Result<std::vector<MemoRecord>> list_memos(StoreAdmin& store, const MemoFilter& wanted) {
  std::vector<MemoRecord> memos;
  for (std::uint64_t cursor = 0;;) {
    MEMO_ASSIGN_OR_RETURN(const auto page, store.list(cursor, kPage));
    std::copy_if(page.memos.begin(), page.memos.end(), std::back_inserter(memos), wanted);
    if (page.next == 0) return memos;
    cursor = page.next;
  }
}

Result<CheckTotal> check_all(StoreAdmin& store, bool repair, const std::function<void(std::uint64_t)>& progress) {
  CheckTotal total;
  for (std::uint64_t cursor = 0;;) {
    MEMO_ASSIGN_OR_RETURN(const auto page, store.check(cursor, kPage, repair));
    total.checked += page.checked;
    total.bytes += page.bytes;
    total.damage.insert(total.damage.end(), page.damage.begin(), page.damage.end());
    progress(total.checked);
    if (page.next == 0) return total;
    cursor = page.next;
  }
}

Result<SpaceStats> space_stats(StoreAdmin& store, SpaceId id) {
  MEMO_ASSIGN_OR_RETURN(auto stats, store.stats());
  for (SpaceStats& space : stats.spaces)
    if (space.id == id) return std::move(space);
  return Status(StatusCode::invalid_argument,
                fmt::format("there is no space {}; the pool has {}, numbered from 0",
                            static_cast<std::uint32_t>(id), counted(stats.spaces.size(), "space")));
}

}  // namespace memo
