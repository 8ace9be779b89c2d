#include "tools/memoctl/commands/payload_reader.h"

#include <fmt/format.h>

#include <array>

#include "memod/store/pool/pool.h"
#include "tools/memoctl/commands/memo_address.h"

namespace memo {
namespace {

// Between the request for its header and that for its payload, a memo may be moved, or erased and republished.
constexpr int kAttempts = 3;

}  // namespace

Result<PayloadReader> PayloadReader::open(const OpenPool& pool) {
  MEMO_ASSIGN_OR_RETURN(auto stats, pool.admin().stats());
  MEMO_ASSIGN_OR_RETURN(auto memos, pool.memos());
  return PayloadReader(pool, std::move(stats), std::move(memos));
}

Result<SpaceId> PayloadReader::open_space(SpaceId space) {
  if (const auto known = opened_.find(space); known != opened_.end()) return known->second;
  for (const SpaceStats& candidate : stats_.spaces) {
    if (candidate.id != space) continue;
    auto opened = memos_->open_space(candidate.spec);
    if (opened) opened_.emplace(space, *opened);
    return opened;
  }
  return Status(StatusCode::not_found, fmt::format("space {} is new", static_cast<std::uint32_t>(space)));
}

Result<std::vector<std::byte>> PayloadReader::copy(SpaceId space, Layer layer, const Key& key) {
  const std::array<LookupItem, 1> items{LookupItem{.key = key, .feature = {}}};
  std::array<std::optional<Match>, 1> matches;
  MEMO_RETURN_IF_ERROR(memos_->lookup({.space = space, .layer = layer, .items = items}, matches));
  if (!matches[0]) return Status(StatusCode::not_found, fmt::format("memo {} is gone", key.hex()));
  const std::span<const std::byte> payload = matches[0]->view.payload();
  std::vector<std::byte> bytes(payload.begin(), payload.end());
  if (!matches[0]->view.intact()) return Status(StatusCode::not_found, fmt::format("memo {} is gone", key.hex()));
  return bytes;
}

Result<PayloadReader::Memo> PayloadReader::read(const MemoRecord& record) {
  MEMO_ASSIGN_OR_RETURN(const auto space, open_space(record.space));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    MEMO_ASSIGN_OR_RETURN(auto detail, admin_->show(record.space, record.layer, record.key));
    auto payload = copy(space, record.layer, record.key);
    if (!payload && payload.status().code() == StatusCode::not_found) continue;
    if (!payload) return payload.status();
    if (Pool::checksum(*payload) == detail.payload_checksum) return Memo{std::move(detail), std::move(*payload)};
    if (attempt + 1 == kAttempts)
      return Status(StatusCode::corrupt,
                    fmt::format("the payload of {} does not match its checksum", name_of(record)));
  }
  return Status(StatusCode::not_found, fmt::format("memo {} is gone", name_of(record)));
}

}  // namespace memo
