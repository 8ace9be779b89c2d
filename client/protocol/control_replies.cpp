#include "client/protocol/control_codec.h"
#include "client/protocol/control_messages.h"
#include "client/protocol/control_pages.h"

namespace memo {
namespace {

constexpr std::string_view kControlReply = "control reply";

void write_body(std::monostate, wire::Reply::Builder root) {
  root.setNone();
}

void write_body(const AttachReply& attach, wire::Reply::Builder root) {
  auto out = root.initAttach();
  out.setBootToken(attach.boot_token);
  out.setDraftBytes(attach.draft_bytes);
  out.setLeases(attach.leases);
  out.setPoolBytes(attach.pool_bytes);
}

void write_body(SpaceId space, wire::Reply::Builder root) {
  root.setOpenSpace(static_cast<std::uint32_t>(space));
}

void write_body(const StatsPage& page, wire::Reply::Builder root) {
  write_stats_page(page, root.initStats());
}

void write_body(const MemoPage& page, wire::Reply::Builder root) {
  write_memo_page(page, root.initList());
}

void write_body(const CheckPage& page, wire::Reply::Builder root) {
  write_check_page(page, root.initCheck());
}

void write_body(const MemoDetail& memo, wire::Reply::Builder root) {
  write_memo_detail(memo, root.initShow());
}

void write_body(EvictReply evicted, wire::Reply::Builder root) {
  root.setEvict(evicted.memos);
}

void write_body(const CompactStep& step, wire::Reply::Builder root) {
  auto out = root.initCompact();
  out.setMoved(step.moved);
  out.setFreedBytes(step.freed_bytes);
  out.setMore(step.more);
}

CompactStep read_compact(wire::CompactStep::Reader step) {
  return {.moved = step.getMoved(), .freed_bytes = step.getFreedBytes(), .more = step.getMore()};
}

AttachReply read_attach_reply(wire::Reply::Attach::Reader attach) {
  return {.boot_token = attach.getBootToken(),
          .draft_bytes = attach.getDraftBytes(),
          .leases = attach.getLeases(),
          .pool_bytes = attach.getPoolBytes()};
}

Status read_stats(wire::Stats::Reader stats, ControlReply* out) {
  MEMO_ASSIGN_OR_RETURN(out->body, read_stats_page(stats));
  return Status::ok();
}

Status read_body(wire::Reply::Reader root, ControlReply* out) {
  switch (root.which()) {
    case wire::Reply::NONE:
      return Status::ok();
    case wire::Reply::ATTACH:
      out->body = read_attach_reply(root.getAttach());
      return Status::ok();
    case wire::Reply::OPEN_SPACE:
      out->body = SpaceId{root.getOpenSpace()};
      return Status::ok();
    case wire::Reply::STATS:
      return read_stats(root.getStats(), out);
    case wire::Reply::LIST:
      out->body = read_memo_page(root.getList());
      return Status::ok();
    case wire::Reply::CHECK:
      out->body = read_check_page(root.getCheck());
      return Status::ok();
    case wire::Reply::SHOW:
      out->body = read_memo_detail(root.getShow());
      return Status::ok();
    case wire::Reply::EVICT:
      out->body = EvictReply{root.getEvict()};
      return Status::ok();
    case wire::Reply::COMPACT:
      out->body = read_compact(root.getCompact());
      return Status::ok();
  }
  return malformed(kControlReply, "unknown kind");
}

Status read_reply(wire::Reply::Reader root, ControlReply* out) {
  MEMO_ASSIGN_OR_RETURN(const auto code, decode_code(kControlReply, root.getCode()));
  if (code == StatusCode::ok) return read_body(root, out);
  const auto message = root.getMessage();
  out->status = {code, std::string(message.begin(), message.size())};
  return Status::ok();
}

}  // namespace

std::vector<std::byte> encode_reply(const ControlReply& reply) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<wire::Reply>();
  root.setCode(static_cast<std::uint32_t>(reply.status.code()));
  root.setMessage(reply.status.message());
  std::visit([&](const auto& body) { write_body(body, root); }, reply.body);
  return to_packet(builder);
}

Result<ControlReply> decode_reply(std::span<const std::byte> bytes) {
  ControlReply reply;
  MEMO_RETURN_IF_ERROR(
      decode_packet<wire::Reply>(kControlReply, bytes, [&](auto root) { return read_reply(root, &reply); }));
  return reply;
}

}  // namespace memo
