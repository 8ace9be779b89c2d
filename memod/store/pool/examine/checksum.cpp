#include <cstring>

#include "memod/store/pool/examine/pmdk_format.h"

namespace memo::pmdk {

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t sum) {
  auto low = static_cast<std::uint32_t>(sum);
  auto high = static_cast<std::uint32_t>(sum >> 32);
  for (std::size_t at = 0; at + sizeof(std::uint32_t) <= bytes.size(); at += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    low += word;
    high += low;
  }
  return std::uint64_t{high} << 32 | low;
}

}  // namespace memo::pmdk
