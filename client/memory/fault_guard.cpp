#include "client/memory/fault_guard.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <utility>

namespace memo {

// A range. The handler may look at it at any instant, so `begin` comes last and goes first.
struct FaultGuard::Entry {
  std::atomic<std::uintptr_t> begin = 0;  // 0: nothing is guarded
  std::atomic<std::uintptr_t> end = 0;
  std::atomic<OnFault> on_fault = OnFault::end_process;
  std::atomic<bool> has_faulted = false;
  std::array<char, 512> message = {};
  std::size_t message_bytes = 0;
};

struct FaultGuard::Table {
  std::mutex mutex;  // of those who take and free entries; the handler takes no lock
  std::array<Entry, 128> entries;
  struct sigaction before = {};
  bool is_installed = false;
};

// Constant-initialized, and never destroyed as it has nothing to destroy: views may outlive main.
constinit FaultGuard::Table FaultGuard::table_;

// Everything here may be called in a signal handler: system calls and atomics.
struct FaultGuardHandler {
  using Entry = FaultGuard::Entry;

  static void handle(int signal, siginfo_t* info, void* context) {
    const int saved_errno = errno;
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (Entry& entry : FaultGuard::table_.entries) {
      const std::uintptr_t begin = entry.begin.load(std::memory_order_acquire);
      if (begin == 0 || address < begin || address >= entry.end.load(std::memory_order_relaxed)) continue;
      entry.has_faulted.store(true, std::memory_order_release);
      if (answer(entry, begin, address)) {
        errno = saved_errno;
        return;
      }
    }
    pass_on(signal, info, context);
  }

  // False: the fault remains.
  static bool answer(const Entry& entry, std::uintptr_t begin, std::uintptr_t address) {
    const FaultGuard::OnFault on_fault = entry.on_fault.load(std::memory_order_relaxed);
    if (on_fault == FaultGuard::OnFault::end_process) {
      speak({entry.message.data(), entry.message_bytes});
      ::_exit(1);
    }
    const std::uintptr_t page = address & ~static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE) - 1);
    const std::uintptr_t from = on_fault == FaultGuard::OnFault::zeros_everywhere ? begin : page;
    const std::size_t bytes = entry.end.load(std::memory_order_relaxed) - from;
    // The system call itself: a sanitizer's mmap() takes locks, and takes other threads' reads for its writes.
    return ::syscall(SYS_mmap, from, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != -1;
  }

  // This does not wait for a reader that does not read.
  static void speak(std::span<const char> text) {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) > 0) (void)!::write(STDERR_FILENO, text.data(), text.size());
  }

  // Returning to the instruction with the default action in place ends the process by this signal.
  static void pass_on(int signal, siginfo_t* info, void* context) {
    const struct sigaction& before = FaultGuard::table_.before;
    if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr)
      return before.sa_sigaction(signal, info, context);
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
    ::signal(signal, SIG_DFL);
  }

  // Requires: the table's mutex.
  static void install() {
    FaultGuard::Table& table = FaultGuard::table_;
    if (std::exchange(table.is_installed, true)) return;
    ::sigaction(SIGBUS, nullptr, &table.before);
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    ::sigaction(SIGBUS, &action, nullptr);
  }
};

FaultGuard::FaultGuard(std::span<const std::byte> range, OnFault on_fault, const std::string& message) {
  if (range.empty()) return;
  const std::lock_guard lock(table_.mutex);
  FaultGuardHandler::install();
  const auto free = std::ranges::find_if(table_.entries, [](const Entry& entry) { return entry.begin == 0; });
  if (free == table_.entries.end()) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  free->message_bytes = std::min(message.size(), free->message.size());
  std::memcpy(free->message.data(), message.data(), free->message_bytes);
  free->end = begin + range.size();
  free->on_fault = on_fault;
  free->has_faulted = false;
  free->begin.store(begin, std::memory_order_release);
  entry_ = &*free;
}

FaultGuard::FaultGuard(FaultGuard&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}

FaultGuard& FaultGuard::operator=(FaultGuard&& other) noexcept {
  std::swap(entry_, other.entry_);
  return *this;
}

FaultGuard::~FaultGuard() {
  if (entry_ == nullptr) return;
  const std::lock_guard lock(table_.mutex);
  entry_->begin.store(0, std::memory_order_release);
}

bool FaultGuard::has_faulted() const {
  return entry_ != nullptr && entry_->has_faulted.load(std::memory_order_acquire);
}

}  // namespace memo
