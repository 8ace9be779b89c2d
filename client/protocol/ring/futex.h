// Waiting on a 32-bit word in shared memory (Linux futexes, shared between processes, hence not FUTEX_PRIVATE).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace memo {

// Sleeps while `word` is `expected`, until it is woken or `timeout` has passed (none: no limit). May return early
// without a reason, so callers check their condition again.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::optional<std::chrono::nanoseconds> timeout);

// Wakes every thread, of any process, that sleeps on `word`.
void futex_wake_all(const std::atomic<std::uint32_t>& word);

}  // namespace memo
