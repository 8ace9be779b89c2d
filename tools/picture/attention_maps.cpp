#include "tools/picture/attention_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace memo {
namespace {

std::optional<MapEncoding> map_encoding(PayloadEncoding encoding) {
  switch (encoding) {
    case PayloadEncoding::u8_row_scaled:
      return MapEncoding::u8;
    case PayloadEncoding::f16:
      return MapEncoding::f16;
    case PayloadEncoding::f32:
      return MapEncoding::f32;
  }
  return std::nullopt;
}

}  // namespace

Result<AttentionMaps> AttentionMaps::decode(const SpaceSpec& spec, std::uint32_t length,
                                            std::span<const std::byte> payload) {
  const std::optional<MapEncoding> encoding = map_encoding(spec.encoding);
  if (spec.kind != MemoKind::map || !encoding)
    return Status(
        StatusCode::unsupported,
        fmt::format("only maps can be drawn, this memo is a {} in {}; --output FILE.bin writes its payload as "
                    "it is",
                    to_string(spec.kind), to_string(spec.encoding)));
  return decode(MapShape{.heads = spec.heads, .length = length, .encoding = *encoding}, payload);
}

Result<AttentionMaps> AttentionMaps::decode(MapShape shape, std::span<const std::byte> payload) {
  if (!is_map_payload(payload, shape))
    return Status(StatusCode::corrupt,
                  fmt::format("a map of {} heads and {} tokens has {} bytes, the payload {}", shape.heads,
                              shape.length, shape.payload_bytes(), payload.size()));
  AttentionMaps maps{.heads = shape.heads, .length = shape.length, .values = {}};
  maps.values.resize(std::size_t{shape.heads} * shape.length * shape.length);
  decode_map(payload, shape, maps.values);
  return maps;
}

std::span<const float> AttentionMaps::head(std::uint32_t index) const {
  const std::size_t size = std::size_t{length} * length;
  return std::span(values).subspan(index * size, size);
}

AttentionMaps AttentionMaps::only(std::uint32_t index) const {
  const auto map = head(index);
  return {.heads = 1, .length = length, .values = {map.begin(), map.end()}};
}

float AttentionMaps::largest() const {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

std::vector<float> resample(std::span<const float> map, std::uint32_t length, std::uint32_t side) {
  std::vector<float> drawn(std::size_t{side} * side);
  const auto first = [&](std::uint32_t i) { return std::size_t{i} * length / side; };
  const auto end = [&](std::uint32_t i) { return std::max(first(i) + 1, first(i + 1)); };
  for (std::uint32_t y = 0; y < side; ++y)
    for (std::uint32_t x = 0; x < side; ++x) {
      float& most = drawn[std::size_t{y} * side + x];
      for (std::size_t row = first(y); row < end(y); ++row)
        most = std::max(most, *std::max_element(map.begin() + static_cast<std::ptrdiff_t>(row * length + first(x)),
                                                map.begin() + static_cast<std::ptrdiff_t>(row * length + end(x))));
    }
  return drawn;
}

}  // namespace memo
