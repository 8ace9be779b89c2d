#include "tools/picture/npy.h"

#include <fmt/format.h>

#include <bit>

namespace memo {

namespace {

// shape: as NumPy writes it, without the brackets.
std::string to_npy(const std::string& shape, std::span<const float> values) {
  static_assert(std::endian::native == std::endian::little);  // "<f4"
  constexpr std::size_t kAlignment = 64;
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape);
  std::string npy("\x93NUMPY\x01\x00", 8);
  // Everything before the values is padded with blanks, the header's length and a line feed included.
  const std::size_t unpadded = npy.size() + 2 + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  npy += static_cast<char>(header.size() & 0xff);
  npy += static_cast<char>(header.size() >> 8);
  npy += header;
  npy.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return npy;
}

}  // namespace

std::string to_npy(const AttentionMaps& maps) {
  return to_npy(fmt::format("{}, {}, {}", maps.heads, maps.length, maps.length), maps.values);
}

std::string to_npy(std::span<const float> numbers) {
  return to_npy(fmt::format("{},", numbers.size()), numbers);
}

std::string to_npy(std::span<const float> numbers, std::size_t rows) {
  return to_npy(fmt::format("{}, {}", rows, numbers.size() / rows), numbers);
}

}  // namespace memo
