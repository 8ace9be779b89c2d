// Killer: ends the process that it watches at a chosen store, flush, fence or commit.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "memod/store/pool/persist_observer.h"

namespace memo::test {

enum class Death {
  before_event,   // of any kind
  within_a_store  // half of its bytes are there; all of them where it is a single word
};

// Threads: any.
class Killer : public PersistObserver {
 public:
  // Dies at event `at`, counted from 1, after arm().
  Killer(std::string pool, Death death, std::int64_t at) : pool_(std::move(pool)), death_(death), at_(at) {}

  void arm() { armed_ = true; }

  void storing(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (!is_due()) return;
    if (death_ == Death::within_a_store) store_half(offset, bytes);
    die();
  }
  void flushed(std::uint64_t, std::uint64_t) override { between_stores(); }
  void fenced() override { between_stores(); }
  void committing(const char*) override { between_stores(); }
  void committed(const char*) override { between_stores(); }

 private:
  bool is_due() { return armed_ && seen_.fetch_add(1) + 1 == at_; }

  void between_stores() {
    if (death_ == Death::before_event && is_due()) die();
  }

  void store_half(std::uint64_t offset, std::span<const std::byte> bytes) const {
    const std::size_t part = std::max<std::size_t>(bytes.size() / 2, std::min<std::size_t>(bytes.size(), 8));
    const int file = open(pool_.c_str(), O_WRONLY);
    (void)!pwrite(file, bytes.data(), part, static_cast<off_t>(offset));
  }

  // No thread of the process executes another instruction of it afterwards.
  [[noreturn]] static void die() {
    while (true) kill(getpid(), SIGKILL);
  }

  const std::string pool_;
  const Death death_;
  const std::int64_t at_;
  std::atomic<bool> armed_ = false;
  std::atomic<std::int64_t> seen_ = 0;
};

}  // namespace memo::test
