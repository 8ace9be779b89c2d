// What contestants that take whole values have in common: the value, and the count of those stored.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/memo-bench/store/workload/contestant.h"
#include "tools/memo-bench/store/workload/corpus.h"

namespace memo {

class PayloadBuffer {
 public:
  explicit PayloadBuffer(std::uint64_t bytes) : bytes_(bytes) {}
  // Lifetime: until the next call.
  std::string_view of(const Key& key) {
    fill_payload(key, bytes_);
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::vector<std::byte> bytes_;
};

// 16 bytes.
inline std::string_view key_bytes(const Key& key) {
  static_assert(sizeof(Key) == 16);
  return {reinterpret_cast<const char*>(&key), sizeof(key)};
}

inline BenchHit hit_of(const Key& key, const void* data, std::size_t size) {
  return {.found = true, .exact = true, .key = key, .payload = {static_cast<const std::byte*>(data), size}};
}

}  // namespace memo
