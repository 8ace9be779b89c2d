#include "memod/daemon/server/control_service.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "client/protocol/packet_socket.h"

namespace memo {
namespace {

// Room for spaces in a page of statistics; the rest is for the figures of the whole store.
constexpr std::size_t kSpacesBytes = kMaxPacketBytes - (16 << 10);

// A little more than what Cap'n Proto takes. The largest space, with kMaxLayers layers, still fits into a page.
constexpr std::size_t encoded_bytes(std::size_t layers) {
  return 192 + layers * 80;
}
static_assert(encoded_bytes(kMaxLayers) <= kSpacesBytes);

template <typename Body>
ControlReply reply_with(Result<Body> result) {
  if (!result) return {.status = result.status(), .body = {}};
  return {.status = {}, .body = std::move(result).value()};
}

// Cuts `stats.spaces` to those from `cursor` that fit.
StatsPage cut_page(StoreStats stats, std::uint64_t cursor) {
  std::vector<SpaceStats> all = std::exchange(stats.spaces, {});
  std::size_t bytes = 0;
  std::size_t end = std::min<std::size_t>(cursor, all.size());
  const std::size_t begin = end;
  for (; end < all.size(); ++end) {
    bytes += encoded_bytes(all[end].layers.size());
    if (bytes > kSpacesBytes) break;
  }
  stats.spaces.assign(std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(begin)),
                      std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(end)));
  return {.stats = std::move(stats), .next = end < all.size() ? end : 0};
}

void shorten(std::vector<std::string>* findings) {
  if (findings->size() > ControlService::kMaxFindings) {
    const std::size_t more = findings->size() - ControlService::kMaxFindings;
    findings->resize(ControlService::kMaxFindings);
    findings->push_back(fmt::format("... and {} more findings here", more));
  }
  for (std::string& finding : *findings)
    if (finding.size() > ControlService::kMaxFindingBytes) finding.resize(ControlService::kMaxFindingBytes);
}

}  // namespace

ControlReply ControlService::answer(const PageRequest& page) {
  if (page.what == PageOf::stats) return stats(page.cursor);
  return reply_with(store_.list(page.cursor, std::clamp(page.limit, 1u, kMaxListed)));
}

ControlReply ControlService::answer(const CheckRequest& check) {
  auto result = store_.check(check.cursor, std::clamp(check.limit, 1u, kMaxChecked), check.repair);
  if (result) shorten(&result->damage);
  return reply_with(std::move(result));
}

ControlReply ControlService::answer(const MemoRequest& memo) {
  switch (memo.what) {
    case MemoAction::show:
      return reply_with(store_.show(memo.space, memo.layer, memo.key));
    case MemoAction::erase:
      return {.status = store_.erase(memo.space, memo.layer, memo.key), .body = {}};
    case MemoAction::pin:
      return {.status = store_.set_pinned(memo.space, memo.layer, memo.key, true), .body = {}};
    case MemoAction::unpin:
      break;
  }
  return {.status = store_.set_pinned(memo.space, memo.layer, memo.key, false), .body = {}};
}

ControlReply ControlService::answer(const SpaceRequest& space) {
  if (space.what == SpaceAction::set_quota)
    return {.status = store_.set_quota(space.space, space.amount), .body = {}};
  if (space.what == SpaceAction::drop) return reply_with(store_.drop(space.space));
  const auto evicted = store_.evict(space.space, std::min(space.amount, kMaxEvicted));
  if (!evicted) return {.status = evicted.status(), .body = {}};
  return {.status = {}, .body = EvictReply{*evicted}};
}

ControlReply ControlService::answer(const CompactRequest&) {
  return reply_with(store_.compact());
}

ControlReply ControlService::stats(std::uint64_t cursor) {
  auto stats = store_.stats();
  if (!stats) return {.status = stats.status(), .body = {}};
  stats->sessions = sessions_();
  return {.status = {}, .body = cut_page(std::move(stats).value(), cursor)};
}

}  // namespace memo
