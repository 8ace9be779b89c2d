#include "index/distance/feature_format.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "index/distance/half_float.h"

namespace memo {
namespace {

constexpr float kMaxSteps = 127;

template <typename T>
T take(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

void encode_f16(std::span<const float> feature, std::byte* code) {
  for (const float value : feature) {
    const std::uint16_t half = half_of_float(value);
    std::memcpy(code, &half, sizeof(half));
    code += sizeof(half);
  }
}

void encode_s8(std::span<const float> feature, std::byte* code) {
  float largest = 0;
  for (const float value : feature) largest = std::max(largest, std::abs(value));
  float scale = largest / kMaxSteps;
  if (!std::isfinite(kMaxSteps * scale)) scale = std::nextafter(scale, 0.0f);
  std::memcpy(code, &scale, sizeof(scale));
  code += sizeof(scale);
  for (const float value : feature) {
    // When numbers are tiny, a scale may be rounded down, even to 0.
    const float steps = scale > 0 ? std::clamp(std::nearbyint(value / scale), -kMaxSteps, kMaxSteps) : 0;
    *code++ = static_cast<std::byte>(static_cast<std::int8_t>(steps));
  }
}

}  // namespace

std::string_view to_string(FeatureFormat format) {
  switch (format) {
    case FeatureFormat::f32:
      return "f32";
    case FeatureFormat::f16:
      return "f16";
    case FeatureFormat::s8:
      return "s8";
  }
  return "?";
}

std::optional<FeatureFormat> parse_feature_format(std::string_view text) {
  for (const FeatureFormat format : kFeatureFormats)
    if (to_string(format) == text) return format;
  return std::nullopt;
}

std::size_t feature_bytes(FeatureFormat format, std::size_t dimension) {
  switch (format) {
    case FeatureFormat::f32:
      return dimension * sizeof(float);
    case FeatureFormat::f16:
      return dimension * sizeof(std::uint16_t);
    case FeatureFormat::s8:
      return sizeof(float) + dimension;
  }
  return 0;
}

void encode_feature(FeatureFormat format, std::span<const float> feature, std::byte* code) {
  switch (format) {
    case FeatureFormat::f32:
      std::memcpy(code, feature.data(), feature.size_bytes());
      return;
    case FeatureFormat::f16:
      encode_f16(feature, code);
      return;
    case FeatureFormat::s8:
      encode_s8(feature, code);
      return;
  }
}

void decode_feature(FeatureFormat format, const std::byte* code, std::span<float> feature) {
  switch (format) {
    case FeatureFormat::f32:
      std::memcpy(feature.data(), code, feature.size_bytes());
      return;
    case FeatureFormat::f16:
      for (float& value : feature) {
        value = float_of_half(take<std::uint16_t>(code));
        code += sizeof(std::uint16_t);
      }
      return;
    case FeatureFormat::s8: {
      const auto scale = take<float>(code);
      code += sizeof(scale);
      for (float& value : feature) value = scale * static_cast<float>(take<std::int8_t>(code++));
      return;
    }
  }
}

bool is_finite_feature(FeatureFormat format, std::span<const std::byte> code, std::size_t dimension) {
  const auto all = [&](const auto& is_finite, std::size_t bytes_each) {
    for (std::size_t i = 0; i < dimension; ++i)
      if (!is_finite(code.data() + i * bytes_each)) return false;
    return true;
  };
  switch (format) {
    case FeatureFormat::f32:
      return all([](const std::byte* at) { return std::isfinite(take<float>(at)); }, sizeof(float));
    case FeatureFormat::f16:
      return all([](const std::byte* at) { return (take<std::uint16_t>(at) & 0x7c00) != 0x7c00; },
                 sizeof(std::uint16_t));
    case FeatureFormat::s8: {
      const auto scale = take<float>(code.data());
      if (!(scale >= 0) || !std::isfinite(kMaxSteps * scale)) return false;
      code = code.subspan(sizeof(scale));
      return all([](const std::byte* at) { return *at != std::byte{0x80}; }, 1);
    }
  }
  return false;
}

}  // namespace memo
