// The number formats that the engine computes in.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace memo {

// bf16: products of bf16 with f32 sums; the residual stream, softmax and normalization stay f32.
enum class DataType { f32, bf16 };

constexpr std::size_t bytes_of(DataType type) {
  return type == DataType::f32 ? 4 : 2;
}
constexpr const char* name_of(DataType type) {
  return type == DataType::f32 ? "f32" : "bf16";
}
constexpr std::optional<DataType> data_type_named(std::string_view name) {
  for (const DataType type : {DataType::f32, DataType::bf16})
    if (name == name_of(type)) return type;
  return std::nullopt;
}

}  // namespace memo
