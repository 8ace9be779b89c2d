// The header of a safetensors file, checked whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"

namespace memo {

struct SafetensorsEntry {
  std::string dtype;                // as in the file, e.g. "F32"
  std::vector<std::int64_t> shape;  // element count fits in int64
  std::size_t begin = 0;            // bytes from the start of the file
  std::size_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry> tensors;
  std::map<std::string, std::string> metadata;
};

// The format's limit is 100 MB; a longer header is a broken length field.
inline constexpr std::uint64_t kMaxSafetensorsHeader = std::uint64_t{100} << 20;

// Bytes of one element of this dtype; 0 when it is unknown.
std::size_t safetensors_element_bytes(const std::string& dtype);

// The format's name for the type, for example "F32".
std::string_view safetensors_dtype(ElementType type);

// Checks that tensors fill the data section in order, without gap or overlap, and that each one's bytes are its
// shape times its dtype.
// Errors: corrupt, unsupported (a dtype this build does not know); each names `path` and the tensor.
Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> file, const std::string& path);

}  // namespace memo
