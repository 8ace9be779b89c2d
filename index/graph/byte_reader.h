// ByteReader: reads arrays from untrusted bytes.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace memo {

// An array that does not fit is not read, and nothing is allocated for it. Threads: one.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::size_t left() const { return rest_.size(); }

  // Divides rather than multiplies: a product of two hostile sizes may wrap around. Requires: bytes_each > 0.
  bool has(std::size_t count, std::size_t bytes_each) const { return count <= left() / bytes_each; }

  // Copies the bytes, for they may lie at any address. Shapes: into [count].
  template <typename T>
  bool take(std::size_t count, T* into) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!has(count, sizeof(T))) return false;
    if (count > 0) std::memcpy(into, rest_.data(), count * sizeof(T));
    rest_ = rest_.subspan(count * sizeof(T));
    return true;
  }
  template <typename T>
  bool take(std::size_t count, std::vector<T>& into) {
    if (!has(count, sizeof(T))) return false;
    into.resize(count);
    return take(count, into.data());
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace memo
