#include "client/c/caller_struct.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include <fmt/format.h>

namespace memo::c {

Status check_struct_size(std::string_view name, std::size_t struct_size, std::size_t first_size) {
  constexpr std::size_t kStep = alignof(std::uint64_t);
  if (struct_size >= first_size && struct_size <= kMaxStructSize && struct_size % kStep == 0) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("{}: struct_size is {}, must be {} to {} in steps of {}; set it to sizeof(*{})", name,
                      struct_size, first_size, kMaxStructSize, kStep, name)};
}

Status check_unknown_fields(std::string_view name, const void* given, std::size_t struct_size, std::size_t known) {
  if (struct_size <= known) return Status::ok();
  const std::span bytes(static_cast<const std::byte*>(given) + known, struct_size - known);
  if (std::all_of(bytes.begin(), bytes.end(), [](std::byte value) { return value == std::byte{0}; }))
    return Status::ok();
  return {
      StatusCode::unsupported,
      fmt::format("{}: sets fields beyond the {} bytes that this library knows; use a newer one", name, known)};
}

}  // namespace memo::c
