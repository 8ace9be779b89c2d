#include "client/attached/control_client.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "client/step.h"

namespace memo {
namespace {

template <typename Body>
ControlRequest make_request(Body body) {
  return {.version = control_protocol_version(), .body = std::move(body)};
}

ControlRequest page_request(PageOf what, std::uint64_t cursor, std::uint32_t limit) {
  return make_request(PageRequest{.what = what, .cursor = cursor, .limit = limit});
}

void append_spaces(std::vector<SpaceStats> more, std::vector<SpaceStats>* spaces) {
  spaces->insert(spaces->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Result<std::unique_ptr<ControlClient>> ControlClient::connect(const std::string& socket_path,
                                                              std::chrono::milliseconds timeout) {
  MEMO_ASSIGN_OR_RETURN(auto socket, PacketSocket::connect(socket_path));
  return std::unique_ptr<ControlClient>(new ControlClient(std::move(socket), timeout));
}

Result<ControlClient::Attached> ControlClient::attach(const AttachRequest& request) {
  std::vector<UniqueFd> fds;
  MEMO_ASSIGN_OR_RETURN(auto reply, ask<AttachReply>(make_request(request), &fds));
  if (fds.size() != 2)
    return give_up({StatusCode::corrupt, fmt::format("attach reply with {} descriptors, expected 2", fds.size())});
  return Attached{.reply = reply, .segment = std::move(fds[0]), .pool = std::move(fds[1])};
}

Result<SpaceId> ControlClient::open_space(const SpaceSpec& spec) {
  return ask<SpaceId>(make_request(spec));
}

Result<StoreStats> ControlClient::stats() {
  MEMO_ASSIGN_OR_RETURN(auto page, ask<StatsPage>(page_request(PageOf::stats, 0, 0)));
  StoreStats stats = std::move(page.stats);
  for (std::uint64_t cursor = 0; page.next != 0;) {
    if (page.next <= cursor) return give_up({StatusCode::corrupt, "pages of statistics go in a circle"});
    cursor = page.next;
    MEMO_ASSIGN_OR_RETURN(page, ask<StatsPage>(page_request(PageOf::stats, cursor, 0)));
    append_spaces(std::move(page.stats.spaces), &stats.spaces);
  }
  return stats;
}

Result<MemoPage> ControlClient::list(std::uint64_t cursor, std::uint32_t limit) {
  return ask<MemoPage>(page_request(PageOf::list, cursor, limit));
}

Result<CheckPage> ControlClient::check(std::uint64_t cursor, std::uint32_t limit, bool repair) {
  return ask<CheckPage>(make_request(CheckRequest{.cursor = cursor, .limit = limit, .repair = repair}));
}

Result<MemoDetail> ControlClient::show(SpaceId space, Layer layer, const Key& key) {
  return ask<MemoDetail>(make_request(MemoRequest{MemoAction::show, space, layer, key}));
}

Status ControlClient::erase(SpaceId space, Layer layer, const Key& key) {
  return ask<std::monostate>(make_request(MemoRequest{MemoAction::erase, space, layer, key})).status();
}

Status ControlClient::set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) {
  const MemoAction what = pinned ? MemoAction::pin : MemoAction::unpin;
  return ask<std::monostate>(make_request(MemoRequest{what, space, layer, key})).status();
}

Result<std::uint64_t> ControlClient::evict(SpaceId space, std::uint64_t memos) {
  MEMO_ASSIGN_OR_RETURN(const auto reply,
                        ask<EvictReply>(make_request(SpaceRequest{SpaceAction::evict, space, memos})));
  return reply.memos;
}

Status ControlClient::set_quota(SpaceId space, std::uint64_t bytes) {
  return ask<std::monostate>(make_request(SpaceRequest{SpaceAction::set_quota, space, bytes})).status();
}

Result<CompactStep> ControlClient::drop(SpaceId space) {
  return ask<CompactStep>(make_request(SpaceRequest{SpaceAction::drop, space, 0}));
}

Result<CompactStep> ControlClient::compact() {
  return ask<CompactStep>(make_request(CompactRequest{}));
}

template <typename Body>
Result<Body> ControlClient::ask(const ControlRequest& request, std::vector<UniqueFd>* fds) {
  MEMO_ASSIGN_OR_RETURN(auto reply, exchange(request, fds));
  if (!reply.status) return reply.status;
  if (!std::holds_alternative<Body>(reply.body))
    return give_up({StatusCode::corrupt, "memod answered another question than was asked"});
  return std::get<Body>(std::move(reply.body));
}

Result<ControlReply> ControlClient::exchange(const ControlRequest& request, std::vector<UniqueFd>* fds) {
  const std::lock_guard lock(mutex_);
  step("control: sending");
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  const Status sent = socket_.send(encode_request(request), {}, deadline);
  if (!sent && sent.code() != StatusCode::unavailable) return give_up(sent);
  step("control: sent");
  auto packet = socket_.receive(deadline);
  step("control: received");
  // A daemon that refuses a connection says why and closes it. Our request then meets a closed socket, which is
  // reported once before the packet that is waiting.
  if (!packet && packet.status().code() == StatusCode::unavailable) packet = socket_.receive(PacketSocket::kNow);
  if (!packet) return give_up(packet.status());
  auto reply = decode_reply(packet->bytes);
  if (!reply) return give_up({StatusCode::corrupt, reply.status().message()});
  if (fds != nullptr) *fds = std::move(packet->fds);
  return reply;
}

Status ControlClient::give_up(Status why) {
  socket_.shut_down();
  return why;
}

}  // namespace memo
