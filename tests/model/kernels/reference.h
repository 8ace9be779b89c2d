// What the kernel tests share: memory whose borders are watched, the two element types, and the definitions of what
// the kernels compute, as plain loops in double.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <vector>

#include "model/kernels/kernels.h"

namespace memo {

// Rows of a sequence that a kernel is asked for.
struct RowRange {
  std::uint32_t first_row;
  std::uint32_t rows;
};

// Memory of exactly `bytes` bytes at a 64-byte boundary between guards; all of it holds kFill until it is written.
class GuardedMemory {
 public:
  static constexpr std::byte kFill{0x5a};  // a large number in every type, so that using it shows

  explicit GuardedMemory(std::size_t bytes)
      : bytes_(bytes),
        memory_(static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 2 * kGuard + 63) / 64 * 64)), std::free) {
    std::memset(memory_.get(), static_cast<int>(kFill), bytes + 2 * kGuard);
  }

  std::byte* data() { return memory_.get() + kGuard; }
  const std::byte* data() const { return memory_.get() + kGuard; }
  bool untouched(std::size_t first, std::size_t count) const { return filled(data() + first, count); }
  bool guards_intact() const { return filled(memory_.get(), kGuard) && filled(data() + bytes_, kGuard); }

 private:
  static constexpr std::size_t kGuard = 256;
  static bool filled(const std::byte* first, std::size_t count) {
    return std::all_of(first, first + count, [](std::byte byte) { return byte == kFill; });
  }

  std::size_t bytes_;
  std::unique_ptr<std::byte, void (*)(void*)> memory_;
};

// Memory whose last byte is the last of a page; touching the next one ends the process.
class PageEndMemory {
 public:
  explicit PageEndMemory(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t pages = (bytes + page - 1) / page * page;
    mapped_bytes_ = pages + page;
    mapping_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping_ == MAP_FAILED) throw std::bad_alloc();
    mprotect(static_cast<std::byte*>(mapping_) + pages, page, PROT_NONE);
    begin_ = static_cast<std::byte*>(mapping_) + pages - bytes;
  }
  ~PageEndMemory() { munmap(mapping_, mapped_bytes_); }
  PageEndMemory(const PageEndMemory&) = delete;
  PageEndMemory& operator=(const PageEndMemory&) = delete;

  std::byte* data() { return begin_; }
  template <typename Element>
  Element* as() {
    return reinterpret_cast<Element*>(begin_);
  }

 private:
  void* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::byte* begin_ = nullptr;
};

// [rows, columns]
struct Matrix {
  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), elements(row_count * column_count) {}
  double& operator()(std::size_t row, std::size_t column) { return elements[row * columns + column]; }
  double operator()(std::size_t row, std::size_t column) const { return elements[row * columns + column]; }

  std::size_t rows;
  std::size_t columns;
  std::vector<double> elements;
};

// To the nearest bf16, ties to even, by arithmetic.
inline double nearest_bf16(double x) {
  if (x == 0 || !std::isfinite(x)) return x;
  int exponent = 0;
  std::frexp(x, &exponent);
  const double step = std::ldexp(1.0, std::max(exponent - 8, -133));
  const double rounded = std::nearbyint(x / step) * step;
  return std::abs(rounded) >= std::ldexp(1.0, 128) ? std::copysign(INFINITY, x) : rounded;
}

template <typename Element>
Element element_of(double x);
template <>
inline float element_of<float>(double x) {
  return static_cast<float>(x);
}
template <>
inline Bf16 element_of<Bf16>(double x) {
  const auto single = static_cast<float>(nearest_bf16(x));
  std::uint32_t bits = 0;
  std::memcpy(&bits, &single, sizeof(bits));
  return static_cast<Bf16>(bits >> 16);
}

inline double value_of(float x) {
  return x;
}
inline double value_of(Bf16 x) {
  const std::uint32_t bits = std::uint32_t{x} << 16;
  float single = 0;
  std::memcpy(&single, &bits, sizeof(single));
  return single;
}

// IEEE half precision, by its definition.
inline double value_of_f16(std::uint16_t x) {
  const int exponent = x >> 10 & 31;
  const double fraction = (x & 1023) / 1024.0;
  const double sign = x >> 15 != 0 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15));
}

// Numbers that Element represents exactly.
template <typename Element>
Matrix random_matrix(std::size_t rows, std::size_t columns, std::mt19937& random) {
  std::normal_distribution<float> normal(0, 1);
  Matrix matrix(rows, columns);
  for (double& element : matrix.elements) element = value_of(element_of<Element>(normal(random)));
  return matrix;
}

// [rows, depth] x [depth, columns] -> [rows, columns]
inline Matrix product(const Matrix& left, const Matrix& right) {
  Matrix result(left.rows, right.columns);
  for (std::size_t row = 0; row < left.rows; ++row)
    for (std::size_t k = 0; k < right.rows; ++k)
      for (std::size_t column = 0; column < right.columns; ++column)
        result(row, column) += left(row, k) * right(k, column);
  return result;
}

inline Matrix magnitudes(Matrix matrix) {
  for (double& element : matrix.elements) element = std::abs(element);
  return matrix;
}

// Rows of exp(score), each divided by its sum; in a causal map a row ends at the diagonal.
inline Matrix softmax(Matrix scores, bool causal) {
  for (std::size_t row = 0; row < scores.rows; ++row) {
    const std::size_t visible = causal ? row + 1 : scores.columns;
    double largest = -INFINITY;
    for (std::size_t i = 0; i < visible; ++i) largest = std::max(largest, scores(row, i));
    double sum = 0;
    for (std::size_t i = 0; i < scores.columns; ++i) {
      scores(row, i) = i < visible ? std::exp(scores(row, i) - largest) : 0;
      sum += scores(row, i);
    }
    for (std::size_t i = 0; i < scores.columns; ++i) scores(row, i) /= sum;
  }
  return scores;
}

inline std::size_t bytes_of(MapEncoding encoding) {
  return std::size_t{1} << static_cast<std::uint32_t>(encoding);
}

inline double stored_element(const std::byte* row, MapEncoding encoding, std::size_t i) {
  if (encoding == MapEncoding::u8) return static_cast<double>(row[i]);
  if (encoding == MapEncoding::f32) return reinterpret_cast<const float*>(row)[i];
  return value_of_f16(reinterpret_cast<const std::uint16_t*>(row)[i]);
}

inline const char* name_of(MapEncoding encoding) {
  if (encoding == MapEncoding::u8) return "u8";
  return encoding == MapEncoding::f16 ? "f16" : "f32";
}

// The kernels that exist for Element.
template <typename Element>
std::vector<const Kernels*> kernels_for() {
  std::vector<const Kernels*> kernels = supported_kernels();
  if (sizeof(Element) == sizeof(Bf16)) std::erase_if(kernels, [](const Kernels* k) { return !k->bf16; });
  return kernels;
}

}  // namespace memo
