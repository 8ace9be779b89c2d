#include "memo/types.h"

#include <fmt/format.h>

namespace memo {
namespace {

Status out_of_range(std::string_view field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  return {StatusCode::invalid_argument, fmt::format("space: {} is {}, must be {} to {}", field, value, low, high)};
}

}  // namespace

std::string Digest::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

std::string_view to_string(MemoKind kind) {
  switch (kind) {
    case MemoKind::map:
      return "map";
    case MemoKind::trace:
      return "trace";
    case MemoKind::output:
      return "output";
    case MemoKind::states:
      return "states";
  }
  return "unknown";
}

std::string_view to_string(PayloadEncoding encoding) {
  switch (encoding) {
    case PayloadEncoding::u8_row_scaled:
      return "u8";
    case PayloadEncoding::f16:
      return "f16";
    case PayloadEncoding::f32:
      return "f32";
  }
  return "unknown";
}

Status SpaceSpec::validate() const {
  const auto kind_value = static_cast<std::uint32_t>(kind);
  const auto encoding_value = static_cast<std::uint32_t>(encoding);
  if (kind_value < 1 || kind_value > 4) return out_of_range("kind", kind_value, 1, 4);
  if (encoding_value < 1 || encoding_value > 3) return out_of_range("encoding", encoding_value, 1, 3);
  if (length_bucket < 1 || length_bucket > kMaxLengthBucket)
    return out_of_range("length bucket", length_bucket, 1, kMaxLengthBucket);
  const std::uint32_t min_heads = kind == MemoKind::map ? 1 : 0;
  if (heads < min_heads || heads > kMaxHeads) return out_of_range("heads", heads, min_heads, kMaxHeads);
  if (feature_dimension > kMaxFeatureDimension)
    return out_of_range("feature dimension", feature_dimension, 0, kMaxFeatureDimension);
  if (payload_bytes < 1 || payload_bytes > kMaxPayloadBytes)
    return out_of_range("payload bytes", payload_bytes, 1, kMaxPayloadBytes);
  return Status::ok();
}

}  // namespace memo
