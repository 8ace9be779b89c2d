// AttentionSource: the seam where memoization replaces attention. It says, layer by layer, which heads of which
// sequences are computed and which are read from a map; the engine does the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/engine/row_layout.h"
#include "model/layers/token_sequence.h"
#include "model/maps/head_mode.h"
#include "model/maps/map_codec.h"

namespace memo {

// A map as it is stored. The payload holds shape.heads heads: in a memo, the heads of mode lookup, ascending; in a
// fixed map, all heads of the layer. Empty payload: there is no map.
struct StoredMap {
  std::span<const std::byte> payload;
  MapShape shape;
  explicit operator bool() const { return !payload.empty(); }
};

// A map, and its share in a blend.
struct WeightedMap {
  StoredMap map;
  float weight = 1;
};

// What happens to the heads of mode lookup of one sequence.
struct SequenceAttention {
  // The heads are read from here: one map with weight 1, or the maps of a blend (at most kMaxBlendedMaps, of one
  // encoding), whose weights sum to 1. Empty: the heads are computed.
  std::vector<WeightedMap> hit;
  std::span<std::byte> keep;  // the computed map is encoded here; empty: it is not
  MapShape keep_shape;
};

struct LayerAttention {
  std::span<const HeadMode> modes;           // [heads]; empty: all compute
  StoredMap fixed;                           // for the heads of mode fixed
  StoredMap fixed_copy;                      // the same in memory that cannot change
  std::vector<SequenceAttention> sequences;  // [batch]
};

// The outcome of a sequence's attention.
struct SequenceOutcome {
  bool read = false;     // the hit was used
  bool revoked = false;  // a map changed while it was read: lookup heads were computed, fixed ones read the copy
  double seconds = 0;    // projections and attention, of the threads that did them
};

// The residual stream at the input of a layer.
struct LayerStates {
  const float* states;  // [layout.rows(), hidden] f32
  std::size_t hidden;
  const RowLayout& layout;
  std::uint32_t threads;  // that for_each uses
  // Calls work(0 .. count - 1), in parallel.
  const std::function<void(std::size_t count, const std::function<void(std::size_t)>& work)>& for_each;
  // Shapes: -> [length, hidden]
  const float* of(std::size_t sequence) const { return states + layout.sequence(sequence).first_row * hidden; }
  std::uint32_t length(std::size_t sequence) const { return layout.sequence(sequence).length; }
};

// Threads: begin(), prepare() and finish() are called by the thread that runs the engine, one at a time; intact()
// by any of its threads, between prepare() and finish().
class AttentionSource {
 public:
  virtual ~AttentionSource() = default;
  // Called before the first layer of every batch.
  virtual void begin(TokenSequences batch) = 0;
  // Decides about a layer. Lifetime: everything that the result points to lives until finish() has returned.
  virtual LayerAttention prepare(std::size_t layer, const LayerStates& input) = 0;
  // Whether every map of the sequence's hit, and the fixed map, are unchanged since prepare() found them.
  virtual bool intact(std::size_t sequence) const = 0;
  // Called when the layer is done and its input is gone. Shapes: outcomes [batch].
  virtual void finish(std::size_t layer, std::span<const SequenceOutcome> outcomes) = 0;
};

}  // namespace memo
