// FeatureFormat: how an index keeps features in memory. Its distances are those to the kept features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace memo {

// Values are stored in graph images: never renumber.
enum class FeatureFormat : std::uint32_t {
  f32 = 1,  // exact
  f16 = 2,  // half precision; a number beyond its range becomes its largest one
  s8 = 3,   // one f32 scale, the largest magnitude over 127, then a signed byte each
};
inline constexpr FeatureFormat kFeatureFormats[] = {FeatureFormat::f32, FeatureFormat::f16, FeatureFormat::s8};

std::string_view to_string(FeatureFormat format);
// The format that the word names; nothing for another word.
std::optional<FeatureFormat> parse_feature_format(std::string_view text);

// Bytes of one feature.
std::size_t feature_bytes(FeatureFormat format, std::size_t dimension);

// Shapes: feature [dimension], code [feature_bytes()] at any address. Requires of encoding: the feature is finite.
void encode_feature(FeatureFormat format, std::span<const float> feature, std::byte* code);
void decode_feature(FeatureFormat format, const std::byte* code, std::span<float> feature);

// Whether a code stands for finite numbers; encode_feature() makes no others.
bool is_finite_feature(FeatureFormat format, std::span<const std::byte> code, std::size_t dimension);

}  // namespace memo
