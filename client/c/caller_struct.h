// Structures as a caller knows them: perhaps shorter than ours (an older memo.h) or longer (a newer one).
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "client/c/seam.h"

namespace memo::c {

// sizeof in the first memo.h of this ABI: no caller's structure is smaller. Never change it.
template <typename T>
inline constexpr std::size_t kFirstSize = 0;
template <>
inline constexpr std::size_t kFirstSize<memo_attach_options> = 40;
template <>
inline constexpr std::size_t kFirstSize<memo_space_spec> = 56;
template <>
inline constexpr std::size_t kFirstSize<memo_query> = 56;
template <>
inline constexpr std::size_t kFirstSize<memo_match> = 56;
template <>
inline constexpr std::size_t kFirstSize<memo_publication> = 56;
template <>
inline constexpr std::size_t kFirstSize<memo_publish_counts> = 552;

inline constexpr std::size_t kMaxStructSize = 4096;  // larger than any structure: not set, or overwritten

// Errors: invalid_argument, naming the structure.
Status check_struct_size(std::string_view name, std::size_t struct_size, std::size_t first_size);
// Errors: unsupported (a byte from `known` on is not 0).
Status check_unknown_fields(std::string_view name, const void* given, std::size_t struct_size, std::size_t known);

// The caller's structure; fields that its memo.h does not have are 0. Errors: invalid_argument, unsupported.
template <typename T>
Result<T> read_struct(std::string_view name, const T* given) {
  static_assert(kFirstSize<T> > 0 && kFirstSize<T> <= sizeof(T));
  MEMO_RETURN_IF_ERROR(check_not_null(given, name));
  const std::size_t size = given->struct_size;
  MEMO_RETURN_IF_ERROR(check_struct_size(name, size, kFirstSize<T>));
  MEMO_RETURN_IF_ERROR(check_unknown_fields(name, given, size, sizeof(T)));
  T known = {};
  std::memcpy(&known, given, size < sizeof(T) ? size : sizeof(T));
  return known;
}

// Fills the fields that the caller has room for; fields that it knows and we do not become 0. Errors:
// invalid_argument.
template <typename T>
Status write_struct(std::string_view name, T filled, T* out) {
  static_assert(kFirstSize<T> > 0 && kFirstSize<T> <= sizeof(T));
  MEMO_RETURN_IF_ERROR(check_not_null(out, name));
  const std::size_t size = out->struct_size;
  MEMO_RETURN_IF_ERROR(check_struct_size(name, size, kFirstSize<T>));
  filled.struct_size = size;
  std::memset(static_cast<void*>(out), 0, size);
  std::memcpy(out, &filled, size < sizeof(T) ? size : sizeof(T));
  return Status::ok();
}

}  // namespace memo::c
