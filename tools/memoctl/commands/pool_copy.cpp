#include "tools/memoctl/commands/pool_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/process/progress.h"
#include "memod/store/pool/format/layout.h"
#include "tools/memoctl/commands/payload_reader.h"
#include "tools/memoctl/pools/walk.h"

namespace memo {
namespace {

// From a space's number in the source to its number in the copy.
using SpaceIds = std::map<SpaceId, SpaceId>;

Result<SpaceIds> make_spaces(const StoreStats& stats, Store& target) {
  SpaceIds ids;
  for (const SpaceStats& space : stats.spaces) {
    MEMO_ASSIGN_OR_RETURN(const auto made, target.open_space(space.spec));
    ids.emplace(space.id, made);
  }
  return ids;
}

// Called last, as the copy of a space may need one extent more than its source.
Status set_quotas(const StoreStats& stats, const SpaceIds& ids, Store& target) {
  for (const SpaceStats& space : stats.spaces)
    if (space.quota_bytes != 0) MEMO_RETURN_IF_ERROR(target.set_quota(ids.at(space.id), space.quota_bytes));
  return Status::ok();
}

class Copier {
 public:
  Copier(PayloadReader reader, SpaceIds ids, Store& target)
      : reader_(std::move(reader)), ids_(std::move(ids)), target_(target) {}

  Status copy(const MemoRecord& record) {
    const auto space = ids_.find(record.space);
    const auto memo = space == ids_.end() ? Status(StatusCode::not_found, "") : reader_.read(record);
    if (!memo) return count_missing(memo.status());
    MemoDetail detail = memo->detail;
    detail.record.usage = record.usage;  // from before the read, which counts as a hit
    const auto imported = target_.import(space->second, detail, memo->payload);
    MEMO_RETURN_IF_ERROR(imported.status());
    counts_.memos += 1;
    counts_.bytes += memo->payload.size();
    return Status::ok();
  }
  const CopyCounts& counts() const { return counts_; }

 private:
  Status count_missing(const Status& why) {
    if (why.code() == StatusCode::not_found)
      counts_.gone += 1;
    else if (why.code() == StatusCode::corrupt)
      counts_.damaged += 1;
    else
      return why;
    return Status::ok();
  }

  PayloadReader reader_;
  SpaceIds ids_;
  Store& target_;
  CopyCounts counts_;
};

}  // namespace

Result<Inventory> take_inventory(StoreAdmin& store) {
  // Memos first: the statistics that follow then have at least the spaces of all these memos.
  MEMO_ASSIGN_OR_RETURN(auto memos, list_memos(store, [](const MemoRecord&) { return true; }));
  MEMO_ASSIGN_OR_RETURN(auto stats, store.stats());
  return Inventory{std::move(stats), std::move(memos)};
}

std::uint64_t size_that_fits(const Inventory& inventory) {
  constexpr std::uint64_t kTables = 8ull << 20;  // the root, and what libpmemobj keeps for itself
  std::map<SpaceId, std::uint64_t> memos;
  for (const MemoRecord& memo : inventory.memos) memos[memo.space] += 1;
  std::uint64_t bytes = kTables;
  for (const SpaceStats& space : inventory.stats.spaces) {
    const std::uint64_t slot =
        layout::slot_stride(space.spec.payload_bytes) + layout::headers_bytes(1, space.spec.feature_dimension);
    // Slots do not fill an extent to its last byte, and an extent is taken ahead of need.
    const std::uint64_t spare = 2 * std::max(layout::kMinExtentBytes, slot + layout::kChunkBytes);
    bytes += memos[space.id] * slot + memos[space.id] * slot / 16 + spare;
  }
  const std::uint64_t chunks = (bytes + layout::kChunkBytes - 1) / layout::kChunkBytes;
  return std::max(layout::kMinPoolBytes, chunks * layout::kChunkBytes);
}

Result<CopyCounts> copy_pool(const OpenPool& source, const Inventory& inventory, Store& target,
                             const std::string& what) {
  MEMO_ASSIGN_OR_RETURN(auto reader, PayloadReader::open(source));
  MEMO_ASSIGN_OR_RETURN(const auto ids, make_spaces(inventory.stats, target));
  Copier copier(std::move(reader), ids, target);
  Progress progress(what);
  std::uint64_t done = 0;
  for (const MemoRecord& memo : inventory.memos) {
    MEMO_RETURN_IF_ERROR(copier.copy(memo));
    done += 1;
    progress.update(static_cast<double>(done) / static_cast<double>(inventory.memos.size()), done);
  }
  MEMO_RETURN_IF_ERROR(set_quotas(inventory.stats, ids, target));
  return copier.counts();
}

}  // namespace memo
