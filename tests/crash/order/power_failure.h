// What a power failure may leave of a log of stores, flushes and fences.
//
// What was flushed before the last fence has reached the memory. Everything else that was stored may have, or not, each
// aligned 8 bytes for themselves: a cache line can be evicted at any time, and streamed stores wait in buffers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "tests/support/pool/persist_log.h"

namespace memo::test {

// What the memory takes at once: up to 8 bytes that do not cross a multiple of 8.
struct Unit {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::array<std::byte, 8> value{};

  std::uint64_t line() const { return offset / 64; }
  std::span<const std::byte> bytes() const { return std::span(value).first(size); }
};
// In the order in which they were stored: of two for the same place the later one counts.
using Units = std::vector<Unit>;

// The memory behind the caches while a log is replayed.
class PowerFailure {
 public:
  void apply(const PersistEvent& event);

  const Units& lasting() const { return lasting_; }
  Units pending() const;  // stored, and perhaps there

 private:
  struct Pending {
    Unit unit;
    bool flushed = false;
  };
  void store(const PersistEvent& event);
  void flush(const PersistEvent& event);
  void fence();

  Units lasting_;
  std::vector<Pending> pending_;
};

struct FailurePlan {
  std::size_t first_event = 0;  // the power fails after this event of the log, or a later one
  int random_subsets = 200;     // of what is pending
};

// Calls `visit` with the units that are there, until it says false, for failures after every event of the log, and before
// the first unless the plan begins later. Of what is pending: nothing, all, each unit alone, each one missing, every subset
// of the cache lines when there are at most 8, and random subsets of the units.
void for_each_power_failure(const PersistEvents& events, const FailurePlan& plan, std::mt19937& random,
                            const std::function<bool(const Units&)>& visit);

}  // namespace memo::test
