// OutputReuse: spares an engine the texts whose results, or final states, are known.
//
// A batch goes through it in two steps. begin() asks the store for all texts of the batch before anything is
// computed, and says which are left. conclude() publishes what was computed of these. A text's result is the same
// bits whatever batch it is computed in, so a result from the store and a computed one cannot be told apart: as long
// as only results that were computed without others' maps are published, which conclude() has to be told.
#pragma once

#include <span>
#include <vector>

#include "embed/tensor/tensor.h"
#include "model/memo/selection/layer_gate.h"
#include "model/outputs/lookup_time.h"
#include "model/outputs/output_counters.h"
#include "model/outputs/output_space.h"

namespace memo {

// A batch on its way. Equal texts are one.
struct OutputBatch {
  std::vector<TokenSequence> texts;          // [different texts]
  std::vector<Key> keys;                     // [different texts]
  std::vector<std::size_t> text_of;          // [batch]: the place in `texts`
  std::vector<Admission::Verdict> verdicts;  // [different texts]
  std::vector<Tensor> rows;                  // [different texts][shape.numbers(tokens)]; those found are defined
  std::vector<std::size_t> missing;          // places in `texts` whose rows have to be computed
  std::vector<bool> answered;                // [different texts]: the store said whether it has the result
};

// Threads: one at a time; one object per engine, while the space is shared.
// Errors: none. Whatever the store does, a text is found or computed; counters() tells what happened.
class OutputReuse {
 public:
  // max_wait_s: as LookupTime's max_s. threads: of the engine. Lifetime: the space outlives this.
  OutputReuse(OutputSpace& space, double max_wait_s, std::uint32_t threads);

  // Lifetime: what the batch refers to outlives the result.
  OutputBatch begin(TokenSequences batch);
  // Call when the rows of batch.missing are filled. seconds: that took so long. exact: whether the text was computed
  // from its tokens alone; empty: all were. Shapes: exact [missing]
  void conclude(const OutputBatch& batch, double seconds, const std::vector<bool>& exact);

  const OutputCounters& counters() const { return counters_; }
  const OutputSeconds& seconds() const { return seconds_; }
  bool is_open() const { return gate_.is_open(); }

 private:
  void ask(OutputBatch& batch);
  // The places of the texts to ask for.
  std::vector<std::size_t> choose(const OutputBatch& batch);
  // Marks what is answered and takes what is found. False when the store did not answer for all places.
  bool look_up(OutputBatch& batch, std::span<const std::size_t> places);
  // Undefined where the memo cannot be used.
  Tensor copy(const Match& match, const TokenSequence& text);
  void learn_of_lookups(const OutputBatch& batch, std::size_t hits, double ask_s);
  void learn_of_publishes(const OutputBatch& batch, std::size_t published, double publish_s);
  bool publish(const OutputBatch& batch, std::size_t place);
  double saved_us(std::size_t tokens) const {
    return 1e6 * threads_ * time_.token_s() * static_cast<double>(tokens);
  }

  OutputSpace& space_;
  const double threads_;
  LayerGate gate_;
  GateTurn turn_ = GateTurn::open;
  LookupTime time_;
  OutputCounters counters_;
  OutputSeconds seconds_;
};

}  // namespace memo
