#include "client/python/module/arguments.h"

#include <fmt/format.h>

#include <cstdint>

#include "client/python/module/errors.h"

namespace memo::python {
namespace {

constexpr std::size_t kDigestBytes = 16;

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof(word); ++i) word = word << 8 | static_cast<unsigned char>(bytes[i]);
  return word;
}

void put_word(std::uint64_t word, char* bytes) {
  for (std::size_t i = sizeof(word); i-- > 0; word >>= 8) bytes[i] = static_cast<char>(word & 0xff);
}

}  // namespace

Buffer::Buffer(nb::handle object) {
  if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw nb::python_error();
}

Buffer::~Buffer() {
  PyBuffer_Release(&view_);
}

Digest digest_of(const nb::bytes& bytes) {
  if (bytes.size() != kDigestBytes)
    throw StatusError({StatusCode::invalid_argument,
                       fmt::format("a key or a model's digest has {} bytes, not {}", kDigestBytes, bytes.size())});
  return {word_at(bytes.c_str()), word_at(bytes.c_str() + kDigestBytes / 2)};
}

nb::bytes bytes_of(const Digest& digest) {
  char bytes[kDigestBytes];
  put_word(digest.high, bytes);
  put_word(digest.low, bytes + kDigestBytes / 2);
  return nb::bytes(bytes, kDigestBytes);
}

Texts::Texts(const nb::list& texts) {
  for (const nb::handle text : texts) {
    Py_ssize_t bytes = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(text.ptr(), &bytes);
    if (utf8 == nullptr) throw nb::python_error();
    strings_.push_back(nb::borrow(text));
    views_.emplace_back(utf8, static_cast<std::size_t>(bytes));
  }
}

}  // namespace memo::python
