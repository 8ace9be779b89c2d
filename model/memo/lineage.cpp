#include "model/memo/lineage.h"

#include <xxhash.h>

#include <algorithm>
#include <vector>

namespace memo {
namespace {

// The purpose of a hash: it keeps equal bytes of different meaning apart. Keys are stored in pools: never
// renumber.
enum class Purpose : std::uint32_t { tokens = 1, key = 2, substitute = 3, blend = 4, typed_tokens = 5 };

Digest hash(Purpose purpose, std::span<const std::byte> bytes) {
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(bytes.data(), bytes.size(), static_cast<std::uint64_t>(purpose));
  return {hash.high64, hash.low64};
}

// A struct without padding, hashed as bytes.
struct Step {
  Digest lineage;
  Digest substitute;
  std::uint64_t layer;
};

Digest hash(Purpose purpose, const Step& step) {
  return hash(purpose, std::as_bytes(std::span(&step, 1)));
}

}  // namespace

Lineage Lineage::of_tokens(const TokenSequence& tokens) {
  Lineage lineage;
  const auto untyped = [](std::int32_t type) { return type == 0; };
  if (std::ranges::all_of(tokens.types, untyped)) {
    lineage.digest_ = hash(Purpose::tokens, std::as_bytes(tokens.ids));
    return lineage;
  }
  std::vector<std::int32_t> both(tokens.ids.begin(), tokens.ids.end());
  both.insert(both.end(), tokens.types.begin(), tokens.types.end());
  lineage.digest_ = hash(Purpose::typed_tokens, std::as_bytes(std::span(both)));
  return lineage;
}

Key Lineage::key(Layer layer) const {
  return hash(Purpose::key, {digest_, {}, static_cast<std::uint64_t>(layer)});
}

void Lineage::substitute(Layer layer, const Key& substitute) {
  digest_ = hash(Purpose::substitute, {digest_, substitute, static_cast<std::uint64_t>(layer)});
}

Key key_of_blend(std::span<const BlendShare> shares) {
  static_assert(sizeof(BlendShare) == sizeof(Key) + sizeof(std::uint64_t), "hashed as bytes");
  return hash(Purpose::blend, std::as_bytes(shares));
}

}  // namespace memo
