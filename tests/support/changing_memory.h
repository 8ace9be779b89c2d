// ChangingMemory: memory that another process writes without pause, as a client may write its draft.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

namespace memo::test {

// Lifetime: the process is killed by the destructor.
class ChangingMemory {
 public:
  explicit ChangingMemory(std::size_t bytes) : bytes_(bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
    memory_ = static_cast<std::byte*>(memory);
    child_ = fork();
    if (child_ == 0) change(reinterpret_cast<volatile std::uint64_t*>(memory_), bytes / sizeof(std::uint64_t));
    if (child_ < 0) throw std::runtime_error("no process to change memory");
    while (*reinterpret_cast<volatile std::uint64_t*>(memory_) == 0) usleep(100);  // until it has begun
  }
  ~ChangingMemory() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    munmap(memory_, bytes_);
  }
  ChangingMemory(const ChangingMemory&) = delete;
  ChangingMemory& operator=(const ChangingMemory&) = delete;

  std::span<const std::byte> bytes() const { return {memory_, bytes_}; }

 private:
  [[noreturn]] static void change(volatile std::uint64_t* words, std::size_t count) {
    for (std::uint64_t value = 1;; value = value * 6364136223846793005u + 1442695040888963407u)
      for (std::size_t i = 0; i < count; ++i) words[i] = value | 1;
  }

  std::size_t bytes_;
  std::byte* memory_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace memo::test
