// HugeBuffer: memory for activations that grows and is never given back, on huge pages where the system has them,
// so that a warm pass faults no page.
#pragma once

#include <cstddef>

namespace memo {

// Threads: one at a time.
class HugeBuffer {
 public:
  HugeBuffer() = default;
  ~HugeBuffer();
  HugeBuffer(HugeBuffer&& other) noexcept;
  HugeBuffer& operator=(HugeBuffer&&) = delete;

  // At least `bytes` bytes at a 2 MiB boundary, zero when new; growing loses the contents.
  // Errors: throws std::bad_alloc.
  std::byte* reserve(std::size_t bytes);
  // The present size: whole huge pages.
  std::size_t bytes() const { return bytes_; }
  template <typename Element>
  Element* reserve_for(std::size_t count) {
    return reinterpret_cast<Element*>(reserve(count * sizeof(Element)));
  }

 private:
  void release();

  void* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::byte* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace memo
