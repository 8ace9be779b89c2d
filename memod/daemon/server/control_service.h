// ControlService: answers the control requests of a connection, except those of which the connection itself keeps
// a part.
#pragma once

#include <cstdint>
#include <functional>

#include "client/protocol/control_messages.h"
#include "memod/store/store.h"

namespace memo {

// Pages are cut so that a reply fits into one packet and occupies the server's thread only briefly: other
// connections wait for that thread (their lookups do not).
//
// Threads: one.
class ControlService {
 public:
  static constexpr std::uint32_t kMaxListed = 1000;
  static constexpr std::uint32_t kMaxChecked = 64;  // slots whose payloads are read
  static constexpr std::uint64_t kMaxEvicted = 4096;
  static constexpr std::size_t kMaxFindings = 100;  // lines of damage in a page
  static constexpr std::size_t kMaxFindingBytes = 512;

  // `sessions` returns how many sessions are attached now. Requires: the store outlives this.
  ControlService(Store& store, std::function<std::uint64_t()> sessions)
      : store_(store), sessions_(std::move(sessions)) {}

  ControlReply answer(const PageRequest& page);
  ControlReply answer(const CheckRequest& check);
  ControlReply answer(const MemoRequest& memo);
  ControlReply answer(const SpaceRequest& space);
  ControlReply answer(const CompactRequest& compact);

 private:
  ControlReply stats(std::uint64_t cursor);

  Store& store_;
  const std::function<std::uint64_t()> sessions_;
};

}  // namespace memo
