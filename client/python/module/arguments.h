// What Python hands over: buffers, keys, texts and features.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "memo/types.h"

namespace memo::python {

namespace nb = nanobind;

// The bytes of an object with the buffer protocol, as long as this lives. Errors: throws TypeError, or what the
// object raises when it is not contiguous.
class Buffer {
 public:
  explicit Buffer(nb::handle object);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

// 16 bytes, the high ones first. Errors: StatusError (another number of bytes).
Digest digest_of(const nb::bytes& bytes);
nb::bytes bytes_of(const Digest& digest);

// The texts of a list in UTF-8, in place: it holds the strings, and what becomes of the list does not matter.
// Requires: the GIL, to make and to destroy it. Errors: throws TypeError, UnicodeEncodeError (a lone surrogate).
class Texts {
 public:
  explicit Texts(const nb::list& texts);
  std::size_t size() const { return views_.size(); }
  std::string_view operator[](std::size_t index) const { return views_[index]; }

 private:
  std::vector<nb::object> strings_;
  std::vector<std::string_view> views_;
};

// Shapes: [items, dimension]
using Features = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Feature = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

}  // namespace memo::python
