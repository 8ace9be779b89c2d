#include "memod/daemon/session/session.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace memo {

Result<std::unique_ptr<Session>> Session::start(Store& store, std::uint64_t draft_bytes, std::uint32_t leases,
                                                OnViolation on_violation) {
  MEMO_ASSIGN_OR_RETURN(auto memory, SegmentMemory::create(segment::Layout::make(draft_bytes, leases)));
  std::unique_ptr<Session> session(new Session(store, std::move(memory), std::move(on_violation)));
  MEMO_RETURN_IF_ERROR(session->start_threads());
  return session;
}

Session::Session(Store& store, SegmentMemory memory, OnViolation on_violation)
    : store_(store),
      memory_(std::move(memory)),
      on_violation_(std::move(on_violation)),
      leases_(memory_.lease_words()),
      lookups_(store, leases_),
      publishes_(store, memory_.drafts()),
      lookup_ring_(memory_.lookup_ring(), segment::kLookupRing),
      publish_ring_(memory_.publish_ring(), segment::kPublishRing) {
  store_.register_leases(leases_);
}

Status Session::start_threads() {
  try {
    lookup_thread_ = std::thread([this] {
      serve(lookup_ring_, [this](auto request, auto reply) { return lookups_.answer(request, reply); });
    });
    publish_thread_ = std::thread([this] {
      serve(publish_ring_, [this](auto request, auto reply) { return publishes_.answer(request, reply); });
    });
  } catch (const std::system_error& error) {
    return {StatusCode::internal, fmt::format("no thread for a session: {}", error.what())};
  }
  return Status::ok();
}

void Session::serve(RingServer& ring, const RingServer::Handler& handler) {
  Status ended;
  try {
    ended = ring.serve(handler);
  } catch (const std::exception& error) {  // memory has run out
    ended = {StatusCode::internal, fmt::format("cannot go on: {}", error.what())};
  }
  if (!ended) on_violation_(ended);
}

Session::~Session() {
  if (lookup_thread_.joinable()) {
    lookup_ring_.stop();
    lookup_thread_.join();
  }
  if (publish_thread_.joinable()) {
    publish_ring_.stop();
    publish_thread_.join();
  }
  store_.unregister_leases(leases_);
}

}  // namespace memo
