// KillScript: what a process does to a pool before it is killed, and how it says what it was promised.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "memod/store/store.h"
#include "tests/crash/ledger.h"

namespace memo::test {

// One fact that whoever survives the process may rely on, or no longer. Small enough that a pipe takes it whole.
struct Report {
  enum Kind : std::uint32_t {
    published,       // the memo is acknowledged
    in_doubt,        // it may be there or not: it is being published, or erased
    erased,          // it is gone
    about_to_evict,  // any memo of the space may be gone
    about_to_pin,    // it may be pinned or not
    pinned,
    unpinned,
    about_to_set_quota,  // the old one or the new one
    quota_set,           // number: bytes
  } kind{};
  MemoName name;
};

// What follows from the reports so far.
struct Knowledge {
  Ledger memos;
  std::map<MemoName, bool> pins;
  std::map<std::uint32_t, std::uint64_t> quotas;  // by space of the model

  void note(const Report& report);
};

// The operations of a store, each with its reports. A failure ends in an exception.
class KillScript {
 public:
  KillScript(Store& store, std::function<void(const Report&)> say) : store_(store), say_(std::move(say)) {}

  void publish(MemoName name);
  // Numbers [first, end).
  void publish_all(std::uint32_t space, std::uint64_t first, std::uint64_t end);
  // Waits for room while there is none.
  void publish_patiently(MemoName name);
  // From another pool, pinned there.
  void import_pinned(MemoName name);
  void erase(MemoName name);
  void evict(std::uint32_t space, std::uint64_t memos);
  void pin(MemoName name, bool pinned);
  void set_quota(std::uint32_t space, std::uint64_t bytes);
  // Until no extent can be emptied any more.
  void compact();
  // What is done next may evict memos of the space.
  void expect_eviction(std::uint32_t space) { say_({Report::about_to_evict, {space, 0}}); }
  void await_reserved_bytes(std::uint32_t space, std::uint64_t most);
  // Until a layer of the space has a similarity graph.
  void await_graph(std::uint32_t space);

  SpaceStats stats(std::uint32_t space);
  Store& store() { return store_; }

 private:
  SpaceId id(std::uint32_t space);

  Store& store_;
  const std::function<void(const Report&)> say_;
};

}  // namespace memo::test
