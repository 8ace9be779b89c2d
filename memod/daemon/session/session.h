// Session: one attached client: its segment, its leases, and two threads that serve its rings.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "client/protocol/ring/ring_server.h"
#include "memod/daemon/session/lookup_service.h"
#include "memod/daemon/session/publish_service.h"
#include "memod/daemon/session/segment_memory.h"
#include "memod/store/leases/lease_table.h"
#include "memod/store/store.h"

namespace memo {

// Everything in the segment is hostile. A client that breaks the protocol ends only its own session. An idle
// session costs nothing: both threads sleep until the client rings or the session ends.
//
// Threads: made and destroyed by the server's thread.
class Session {
 public:
  // The session's own threads call this when the client has broken the protocol, at most once per ring. It should
  // arrange that the session is destroyed soon, but must not destroy it itself.
  using OnViolation = std::function<void(const Status& violation)>;

  // Requires: as segment::Layout::make; the store outlives the session.
  // Errors: internal (out of memory, descriptors or threads).
  static Result<std::unique_ptr<Session>> start(Store& store, std::uint64_t draft_bytes, std::uint32_t leases,
                                                OnViolation on_violation);
  // Wakes and joins the threads, ends all leases, unmaps the segment.
  ~Session();

  // The descriptor to send to the client; -1 after close_segment_fd().
  int segment_fd() const { return memory_.fd(); }
  void close_segment_fd() { memory_.close_fd(); }

 private:
  Session(Store& store, SegmentMemory memory, OnViolation on_violation);
  Status start_threads();
  void serve(RingServer& ring, const RingServer::Handler& handler);

  Store& store_;
  SegmentMemory memory_;
  const OnViolation on_violation_;
  LeaseTable leases_;
  LookupService lookups_;
  PublishService publishes_;
  RingServer lookup_ring_;
  RingServer publish_ring_;
  std::thread lookup_thread_;
  std::thread publish_thread_;
};

}  // namespace memo
