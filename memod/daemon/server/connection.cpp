#include "memod/daemon/server/connection.h"

#include <array>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace memo {
namespace {

ControlReply refuse(StatusCode code, std::string message) {
  return {.status = {code, std::move(message)}, .body = {}};
}

Status check_sizes(const AttachRequest& request) {
  if (request.leases < 1 || request.leases > segment::kMaxLeases)
    return {StatusCode::invalid_argument,
            fmt::format("attach: leases is {}, must be 1 to {}", request.leases, segment::kMaxLeases)};
  const bool whole = request.draft_bytes % segment::kDraftGranule == 0;
  if (!whole || request.draft_bytes < 1 || request.draft_bytes > segment::kMaxDraftBytes)
    return {StatusCode::invalid_argument,
            fmt::format("attach: draft bytes is {}, must be a multiple of {} up to {}", request.draft_bytes,
                        segment::kDraftGranule, segment::kMaxDraftBytes)};
  return Status::ok();
}

}  // namespace

bool Connection::serve_one() {
  const auto packet = socket_.receive(PacketSocket::kNow);
  if (!packet) return packet.status().code() == StatusCode::deadline_exceeded;
  const auto request = decode_request(packet->bytes);
  if (!request) {
    context_.log(fmt::format("{}: {}", process_, request.status().message()));
    return false;
  }
  return send(answer(*request));
}

ControlReply Connection::answer(const ControlRequest& request) {
  if (request.version != control_protocol_version())
    return refuse(StatusCode::unsupported, fmt::format("client speaks protocol version {}, this memod {}",
                                                       request.version, control_protocol_version()));
  const auto answer_body = [this](const auto& body) -> ControlReply {
    if constexpr (std::is_same_v<std::decay_t<decltype(body)>, AttachRequest>)
      return attach(body);
    else if constexpr (std::is_same_v<std::decay_t<decltype(body)>, SpaceSpec>)
      return open_space(body);
    else
      return context_.control.answer(body);
  };
  return std::visit(answer_body, request.body);
}

ControlReply Connection::open_space(const SpaceSpec& spec) {
  auto opened = context_.store.use_space(spec);
  if (!opened) return {.status = opened.status(), .body = {}};
  spaces_.try_emplace(opened->id, std::move(opened->use));
  return {.status = {}, .body = opened->id};
}

ControlReply Connection::attach(const AttachRequest& request) {
  if (session_) return refuse(StatusCode::invalid_argument, "attach: this connection is attached already");
  if (const Status valid = check_sizes(request); !valid) return {.status = valid, .body = {}};
  context_.store.touch_end();
  process_ = request.process;
  auto session =
      Session::start(context_.store, request.draft_bytes, request.leases, [this](const Status& violation) {
        context_.log(fmt::format("{}: session ended: {}", process_, violation.message()));
        socket_.shut_down();
      });
  if (!session) return {.status = session.status(), .body = {}};
  session_ = std::move(session).value();
  return {.status = {},
          .body = AttachReply{.boot_token = context_.boot_token,
                              .draft_bytes = request.draft_bytes,
                              .leases = request.leases,
                              .pool_bytes = context_.pool_bytes}};
}

bool Connection::send(const ControlReply& reply) {
  // A client has one request under way, so there is room for its answer unless it does not read.
  if (!std::holds_alternative<AttachReply>(reply.body))
    return socket_.send(encode_reply(reply), {}, PacketSocket::kNow).is_ok();
  const std::array<int, 2> fds = {session_->segment_fd(), context_.pool_fd};
  const Status sent = socket_.send(encode_reply(reply), fds, PacketSocket::kNow);
  session_->close_segment_fd();
  return sent.is_ok();
}

}  // namespace memo
