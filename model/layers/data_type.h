// The number formats that the engine computes in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memo {

// bf16: products of bf16 with f32 sums; the residual stream, softmax and normalization stay f32.
// s8, s16: products of weights in s8 or s16 with rows that become integers of as many bits as they come; all else is
//          f32. s16 is more exact than bf16.
enum class DataType { f32, bf16, s8, s16 };

inline constexpr DataType kDataTypes[] = {DataType::f32, DataType::bf16, DataType::s8, DataType::s16};

constexpr bool has_integer_products(DataType type) {
  return type == DataType::s8 || type == DataType::s16;
}

// What products read and write.
constexpr DataType values_of(DataType type) {
  return type == DataType::bf16 ? DataType::bf16 : DataType::f32;
}
// Of such a value.
constexpr std::size_t bytes_of(DataType type) {
  return values_of(type) == DataType::f32 ? 4 : 2;
}
constexpr const char* name_of(DataType type) {
  switch (type) {
    case DataType::f32:
      return "f32";
    case DataType::bf16:
      return "bf16";
    case DataType::s8:
      return "s8";
    case DataType::s16:
      return "s16";
  }
  return "";
}
inline constexpr const char* kDataTypeList = "f32, bf16, s16 or s8";
inline std::vector<std::string> data_type_names() {
  std::vector<std::string> names;
  for (const DataType type : kDataTypes) names.emplace_back(name_of(type));
  return names;
}
constexpr std::optional<DataType> data_type_named(std::string_view name) {
  for (const DataType type : kDataTypes)
    if (name == name_of(type)) return type;
  return std::nullopt;
}

}  // namespace memo
