#include "tools/memoctl/picture/npy.h"

#include <fmt/format.h>

#include <bit>

namespace memo {

std::string to_npy(const AttentionMaps& maps) {
  static_assert(std::endian::native == std::endian::little);  // "<f4"
  constexpr std::size_t kAlignment = 64;
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}, {}), }}",
                                   maps.heads, maps.length, maps.length);
  std::string npy("\x93NUMPY\x01\x00", 8);
  // What comes before the values, their length and a line feed included, is padded with blanks.
  const std::size_t unpadded = npy.size() + 2 + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  npy += static_cast<char>(header.size() & 0xff);
  npy += static_cast<char>(header.size() >> 8);
  npy += header;
  npy.append(reinterpret_cast<const char*>(maps.values.data()), maps.values.size() * sizeof(float));
  return npy;
}

}  // namespace memo
