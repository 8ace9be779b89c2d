// DraftBuffers: heap memory for drafts, reused, so that a publish faults no fresh pages.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace memo {

// Threads: any. Lifetime: a buffer keeps the pool of buffers alive.
class DraftBuffers : public std::enable_shared_from_this<DraftBuffers> {
 public:
  static constexpr std::size_t kAlignment = 64;

  ~DraftBuffers();
  // At least `bytes` bytes, aligned. The buffer comes back by itself when its last owner lets go. Null when there
  // is no memory.
  std::shared_ptr<std::byte> take(std::size_t bytes);

 private:
  struct Buffer {
    std::byte* data = nullptr;
    std::size_t bytes = 0;
  };
  Buffer take_idle(std::size_t bytes);
  void give_back(Buffer buffer);

  static constexpr std::size_t kMaxIdle = 32;
  std::mutex mutex_;
  std::vector<Buffer> idle_;  // under mutex_
};

}  // namespace memo
