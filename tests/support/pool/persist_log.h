// PersistLog: everything that was stored into a pool, flushed and fenced, in order.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "memod/store/pool/persist_observer.h"

namespace memo::test {

struct PersistEvent {
  enum Kind { store, flush, fence, transaction } kind;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;             // of what was stored or flushed
  std::vector<std::byte> bytes = {};  // stored
};
using PersistEvents = std::vector<PersistEvent>;

// Threads: any.
class PersistLog : public PersistObserver {
 public:
  void storing(std::uint64_t offset, std::span<const std::byte> bytes) override {
    add({PersistEvent::store, offset, bytes.size(), {bytes.begin(), bytes.end()}});
  }
  void flushed(std::uint64_t offset, std::uint64_t bytes) override { add({PersistEvent::flush, offset, bytes}); }
  void fenced() override { add({PersistEvent::fence}); }
  void committing(const char*) override {}
  void committed(const char*) override { add({PersistEvent::transaction}); }

  // What has been seen since the last call.
  PersistEvents take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  void add(PersistEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  std::mutex mutex_;
  PersistEvents events_;  // under mutex_
};

}  // namespace memo::test
