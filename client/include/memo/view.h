// View: a leased, read-only pointer to a memo's payload inside this process's own mapping of the pool.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "memo/types.h"

namespace memo {

// Lifetime: the bytes stay mapped as long as the view lives, even when the daemon dies. They stay *unchanged* only
// while intact() is true. A lease normally ensures that, but a daemon may revoke an overdue lease, and a restarted
// daemon knows no old leases. So use the bytes first, then call intact(), and recompute when it is false.
// Threads: one view, one thread at a time.
class View {
 public:
  struct Parts {
    std::span<const std::byte> payload;
    const std::atomic<std::uint64_t>* state_word = nullptr;  // of the slot, in the same mapping
    Generation generation{};                                 // the word's value when the lease was given
    std::shared_ptr<const void> mapping;                     // keeps payload and state_word mapped
    std::function<void()> release;                           // ends the lease; called once
  };

  View() = default;
  explicit View(Parts parts);
  View(View&&) noexcept;
  View& operator=(View&&) noexcept;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View();

  std::span<const std::byte> payload() const { return parts_.payload; }
  Generation generation() const { return parts_.generation; }

  // Whether everything that was read from payload() before this call was the memo's.
  // Why that holds: a writer changes the state word before the first payload byte of a reused slot; the
  // acquire fence keeps our earlier reads before our load of the word.
  bool intact() const;

 private:
  void end_lease();
  Parts parts_;
};

}  // namespace memo
