// The seam to Cap'n Proto: limits for hostile messages, and kj exceptions turned into Status. Included by the
// message files only, so that nothing else sees generated code.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "memo/status.h"
#include "memo/types.h"

namespace memo {

// A message may be traversed a few times, not without limit: with overlapping pointers a short message could
// otherwise cost any amount of work. None of our messages nests deeper than 6.
inline capnp::ReaderOptions hostile_message_limits(std::size_t message_bytes) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 4 * (message_bytes / sizeof(capnp::word)) + 64;
  options.nestingLimit = 8;
  return options;
}

inline Status malformed(std::string_view what, std::string_view why) {
  return {StatusCode::invalid_argument, fmt::format("malformed {}: {}", what, why)};
}

inline std::string_view view_of(const kj::Exception& exception) {
  return exception.getDescription().cStr();
}

// Runs `body`, which reads `what` and returns a Status.
template <typename Body>
Status at_decode_seam(std::string_view what, std::span<const std::byte> bytes, const Body& body) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % sizeof(capnp::word) != 0)
    return malformed(what, "not aligned");
  if (bytes.size() % sizeof(capnp::word) != 0) return malformed(what, "not a whole number of words");
  try {
    return body(kj::ArrayPtr<const capnp::word>(reinterpret_cast<const capnp::word*>(bytes.data()),
                                                bytes.size() / sizeof(capnp::word)));
  } catch (const kj::Exception& exception) {
    return malformed(what, view_of(exception));
  }
}

// Reads a message without a segment table (a ring cell): body(reader of Struct).
template <typename Struct, typename Body>
Status decode_cell(std::string_view what, std::span<const std::byte> bytes, const Body& body) {
  return at_decode_seam(what, bytes, [&](kj::ArrayPtr<const capnp::word> words) {
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&words, 1), hostile_message_limits(bytes.size()));
    return body(reader.getRoot<Struct>());
  });
}

// Reads a message with its segment table (a packet): body(reader of Struct).
template <typename Struct, typename Body>
Status decode_packet(std::string_view what, std::span<const std::byte> bytes, const Body& body) {
  return at_decode_seam(what, bytes, [&](kj::ArrayPtr<const capnp::word> words) {
    capnp::FlatArrayMessageReader reader(words, hostile_message_limits(bytes.size()));
    return body(reader.getRoot<Struct>());
  });
}

// Writes a message without a segment table into `out`: fill(builder of Struct). Returns its size.
// `most_bytes`: at least what this message takes. Only that much of a large cell is cleared.
// Requires: out is 8-byte aligned. Errors: invalid_argument (the message does not fit).
template <typename Struct, typename Fill>
Result<std::size_t> encode_cell(std::string_view what, std::size_t most_bytes, std::span<std::byte> out,
                                const Fill& fill) {
  out = out.first(std::min(out.size(), most_bytes));
  std::memset(out.data(), 0, out.size());  // Cap'n Proto wants zeroed memory to build in
  const auto words = kj::arrayPtr(reinterpret_cast<capnp::word*>(out.data()), out.size() / sizeof(capnp::word));
  try {
    // A MallocMessageBuilder over `out` would not do: it zeroes its memory when it is destroyed.
    capnp::FlatMessageBuilder builder(words);
    fill(builder.template initRoot<Struct>());
    return builder.getSegmentsForOutput()[0].asBytes().size();
  } catch (const kj::Exception& exception) {
    return Status{StatusCode::invalid_argument, fmt::format("{}: {}", what, view_of(exception))};
  }
}

// Errors: invalid_argument (a number that is not finite).
inline Status read_floats(std::string_view what, capnp::List<float>::Reader list, std::vector<float>* out) {
  out->resize(list.size());
  for (unsigned i = 0; i < list.size(); ++i) {
    (*out)[i] = list[i];
    if (!std::isfinite(list[i])) return malformed(what, "a number that is not finite");
  }
  return Status::ok();
}

inline Result<StatusCode> decode_code(std::string_view what, std::uint32_t value) {
  if (value > static_cast<std::uint32_t>(StatusCode::internal)) return malformed(what, "unknown status code");
  return static_cast<StatusCode>(value);
}

}  // namespace memo
