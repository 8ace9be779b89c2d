// Pieces that control requests and replies have in common.
#pragma once

#include <cstddef>
#include <vector>

#include "client/protocol/control.capnp.h"
#include "client/protocol/wire_codec.h"

namespace memo {

inline void write_digest(const Digest& digest, wire::Digest::Builder out) {
  out.setHigh(digest.high);
  out.setLow(digest.low);
}

inline Digest read_digest(wire::Digest::Reader digest) {
  return {.high = digest.getHigh(), .low = digest.getLow()};
}

inline void write_spec(const SpaceSpec& spec, wire::SpaceSpec::Builder out) {
  write_digest(spec.model, out.initModel());
  out.setKind(static_cast<std::uint32_t>(spec.kind));
  out.setEncoding(static_cast<std::uint32_t>(spec.encoding));
  out.setLengthBucket(spec.length_bucket);
  out.setHeads(spec.heads);
  out.setFeatureDimension(spec.feature_dimension);
  out.setPayloadBytes(spec.payload_bytes);
}

inline SpaceSpec read_spec(wire::SpaceSpec::Reader spec) {
  return {.model = read_digest(spec.getModel()),
          .kind = static_cast<MemoKind>(spec.getKind()),
          .encoding = static_cast<PayloadEncoding>(spec.getEncoding()),
          .length_bucket = spec.getLengthBucket(),
          .heads = spec.getHeads(),
          .feature_dimension = spec.getFeatureDimension(),
          .payload_bytes = spec.getPayloadBytes()};
}

inline std::vector<std::byte> to_packet(capnp::MessageBuilder& builder) {
  const auto words = capnp::messageToFlatArray(builder);
  const auto bytes = words.asBytes();
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.begin());
  return {begin, begin + bytes.size()};
}

}  // namespace memo
