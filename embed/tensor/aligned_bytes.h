// Memory for numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace memo {

// Begins at a cache line, and ends with one. Not set. Errors: throws std::bad_alloc.
inline std::shared_ptr<std::byte> aligned_bytes(std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const std::size_t lines = std::max<std::size_t>(1, (bytes + kLine - 1) / kLine);
  void* memory = std::aligned_alloc(kLine, lines * kLine);
  if (memory == nullptr) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), std::free};
}

}  // namespace memo
