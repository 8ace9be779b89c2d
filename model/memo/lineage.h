// Lineage: a hash of everything that determines a layer's input, so that equal inputs are recognized without
// comparing hidden states.
//
// A layer's input follows from the tokens and from which maps stood in for computed ones in the layers before.
// So lineage starts as a hash of the tokens; an approximate map (a similarity hit, a blend, a fixed map) is folded
// in; a computed map, or an exact hit (which is this lineage's own map), is not. The key of a layer's memo is the
// hash of (lineage, layer): an exact hit is always a map that was computed from the same tokens after the same
// substitutions, up to the encoding of the payload.
#pragma once

#include <cstdint>
#include <span>

#include "memo/types.h"
#include "model/layers/token_sequence.h"

namespace memo {

class Lineage {
 public:
  // Types are part of the hash unless all are 0.
  static Lineage of_tokens(const TokenSequence& tokens);
  // The hash of everything so far; at the beginning, of the tokens.
  const Digest& digest() const { return digest_; }
  // The key of the map of `layer` for this lineage.
  Key key(Layer layer) const;
  // `substitute`: the key under which the approximate map is stored, or that of a blend.
  void substitute(Layer layer, const Key& substitute);

 private:
  Digest digest_;
};

// A map of a blend: the key under which it is stored, and its weight in whole parts.
struct BlendShare {
  Key key;
  std::uint64_t weight = 0;
};
// The key that stands for a blend of maps, in this order.
Key key_of_blend(std::span<const BlendShare> shares);

}  // namespace memo
