#include "embed/safetensors/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "embed/json/json_text.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// A header's deepest nesting is { name: { "shape": [...] } }.
constexpr std::size_t kHeaderDepth = 3;
// More dimensions than any tensor library takes.
constexpr std::size_t kMaxDimensions = 16;

Status corrupt(const std::string& path, const std::string& what) {
  return {StatusCode::corrupt, fmt::format("{}: {}", path, what)};
}

Status corrupt_tensor(const std::string& path, const std::string& name, const std::string& what) {
  return corrupt(path, fmt::format("tensor \"{}\": {}", name, what));
}

// Elements of a shape, or nothing where a dimension is no size or the product overflows.
bool count_elements(const Json& shape, std::vector<std::int64_t>& sizes, std::uint64_t& elements) {
  if (!shape.is_array() || shape.size() > kMaxDimensions) return false;
  elements = 1;
  for (const Json& size : shape) {
    if (!size.is_number_unsigned()) return false;
    const auto value = size.get<std::uint64_t>();
    if (value > std::uint64_t(std::numeric_limits<std::int64_t>::max())) return false;
    if (__builtin_mul_overflow(elements, value, &elements)) return false;
    sizes.push_back(static_cast<std::int64_t>(value));
  }
  return elements <= std::uint64_t(std::numeric_limits<std::int64_t>::max());
}

bool is_offset_pair(const Json& offsets) {
  return offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() &&
         offsets[1].is_number_unsigned();
}

// The facts that one entry is checked against.
struct DataSection {
  const std::string& path;
  std::uint64_t start;  // bytes from the start of the file
  std::uint64_t bytes;
};

Status place(const Json& offsets, const DataSection& data, const std::string& name, SafetensorsEntry& entry) {
  if (!is_offset_pair(offsets)) return corrupt_tensor(data.path, name, "data_offsets are not two sizes");
  const auto begin = offsets[0].get<std::uint64_t>();
  const auto end = offsets[1].get<std::uint64_t>();
  if (begin > end)
    return corrupt_tensor(data.path, name, fmt::format("data_offsets run backwards: {} to {}", begin, end));
  if (end > data.bytes)
    return corrupt_tensor(
        data.path, name,
        fmt::format("ends at byte {} of the data, the file has {}: it is truncated", end, data.bytes));
  entry.begin = data.start + begin;
  entry.end = data.start + end;
  return Status::ok();
}

Result<SafetensorsEntry> parse_entry(const std::string& name, const Json& json, const DataSection& data) {
  if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") || !json.contains("data_offsets") ||
      !json["dtype"].is_string())
    return corrupt_tensor(data.path, name, "lacks dtype, shape or data_offsets");
  SafetensorsEntry entry;
  entry.dtype = json["dtype"].get<std::string>();
  const std::size_t element_bytes = safetensors_element_bytes(entry.dtype);
  if (element_bytes == 0)
    return Status(StatusCode::unsupported,
                  fmt::format("{}: tensor \"{}\": dtype {} is not known", data.path, name, entry.dtype));
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  if (!count_elements(json["shape"], entry.shape, elements) ||
      __builtin_mul_overflow(elements, std::uint64_t{element_bytes}, &bytes))
    return corrupt_tensor(data.path, name, "shape is not a list of sizes, or too large");
  MEMO_RETURN_IF_ERROR(place(json["data_offsets"], data, name, entry));
  if (entry.end - entry.begin != bytes)
    return corrupt_tensor(data.path, name,
                          fmt::format("{} {} takes {} bytes, data_offsets span {}", entry.dtype, entry.shape,
                                      bytes, entry.end - entry.begin));
  return entry;
}

Status parse_metadata(const Json& json, const std::string& path, std::map<std::string, std::string>& metadata) {
  if (!json.is_object()) return corrupt(path, "__metadata__ is not an object");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return corrupt(path, fmt::format("__metadata__ \"{}\" is not a string", key));
    metadata.emplace(key, value.get<std::string>());
  }
  return Status::ok();
}

Status check_layout(const SafetensorsHeader& header, const DataSection& data) {
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::string_view>> order;
  for (const auto& [name, entry] : header.tensors) order.push_back({{entry.begin, entry.end}, name});
  std::sort(order.begin(), order.end());
  std::size_t expected = data.start;
  for (const auto& [range, name] : order) {
    if (range.first != expected)
      return corrupt_tensor(
          data.path, std::string(name),
          fmt::format("begins at byte {} of the file where {} is expected: tensors {}", range.first, expected,
                      range.first < expected ? "overlap" : "leave a gap"));
    expected = range.second;
  }
  if (expected == data.start + data.bytes) return Status::ok();
  return corrupt(data.path, fmt::format("{} bytes follow the last tensor", data.start + data.bytes - expected));
}

Result<SafetensorsHeader> parse_fields(const Json& json, const DataSection& data) {
  if (!json.is_object()) return corrupt(data.path, "header is not a JSON object");
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      MEMO_RETURN_IF_ERROR(parse_metadata(value, data.path, header.metadata));
      continue;
    }
    MEMO_ASSIGN_OR_RETURN(auto entry, parse_entry(name, value, data));
    header.tensors.emplace(name, std::move(entry));
  }
  MEMO_RETURN_IF_ERROR(check_layout(header, data));
  return header;
}

}  // namespace

std::size_t safetensors_element_bytes(const std::string& dtype) {
  static constexpr std::pair<std::string_view, std::size_t> kDtypes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"U16", 2}, {"I16", 2}, {"F16", 2},
      {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},     {"U64", 8},     {"I64", 8}, {"F64", 8}};
  for (const auto& [name, bytes] : kDtypes)
    if (name == dtype) return bytes;
  return 0;
}

std::string_view safetensors_dtype(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return "F32";
    case ElementType::f16:
      return "F16";
    case ElementType::bf16:
      return "BF16";
    case ElementType::u8:
      return "U8";
  }
  return {};
}

Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> file, const std::string& path) {
  std::uint64_t length = 0;
  if (file.size() < sizeof length)
    return corrupt(path, fmt::format("has {} bytes, a safetensors file at least {}", file.size(), sizeof length));
  std::memcpy(&length, file.data(), sizeof length);  // little-endian, as every machine this builds for
  const std::uint64_t limit = std::min<std::uint64_t>(kMaxSafetensorsHeader, file.size() - sizeof length);
  if (length > limit)
    return corrupt(path, fmt::format("header length is {}, at most {} is possible: truncated, or not safetensors",
                                     length, limit));
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + sizeof length, length);
  MEMO_ASSIGN_OR_RETURN(auto json, parse_json(text, kHeaderDepth, path + ": header"));
  const std::uint64_t start = sizeof length + length;
  return parse_fields(json, {path, start, file.size() - start});
}

}  // namespace memo
