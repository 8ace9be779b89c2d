// The maps in a store that are near those of a text: for people who want to see what lookups would find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "memo/types.h"
#include "model/maps/map_codec.h"
#include "model/text_model/text_model.h"

namespace memo {

// A memo's map, copied.
struct NearMap {
  Key key;
  float distance = 0;  // of features, L2; 0: the same features
  MapShape shape;
  Tensor payload;  // u8 [shape.payload_bytes()]

  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(payload.data_ptr()), payload.nbytes()}; }
};

// A layer where some heads look up.
struct LayerNearMaps {
  std::size_t layer = 0;
  float max_distance = 0;  // up to which the policy reads a map instead of computing; 0: equal texts only
  std::vector<std::uint32_t> heads;  // that look up, ascending: the heads of all these maps
  NearMap own;                       // as the text's was computed, without a key
  std::vector<NearMap> near;         // nearest first
};

// Computes a text, and searches for the neighbours of its features in every layer, however far they are. Fixed maps are
// read, found ones are not; nothing is published, and nothing counted.
// neighbours: 1 .. kMaxNeighbours. Requires: the input is not longer than model.length().
// Errors: unsupported (no head of the model looks up), unavailable (the store did not take the spaces), as
// MemoStore::lookup. Threads: as TextModel's methods.
Result<std::vector<LayerNearMaps>> find_near_maps(TextModel& model, const PairEncoding& input,
                                                  std::uint32_t neighbours);

}  // namespace memo
