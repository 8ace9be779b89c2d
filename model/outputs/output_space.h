// OutputSpace: where one model's results are kept: everything that the engines of a process share to reuse them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "memo/memo_store.h"
#include "model/layers/token_sequence.h"
#include "model/memo/selection/admission.h"
#include "model/outputs/output_shape.h"
#include "model/policy/policy.h"

namespace memo {

// The key of a text's result: of its tokens and their types.
Key output_key(const TokenSequence& tokens);

// Threads: any.
class OutputSpace {
 public:
  // A store that refuses the space does not fail this: status() then says why, and everything is computed.
  // identity: as output_identity(). longest: tokens that the model takes. Lifetime: the store outlives this.
  OutputSpace(const Digest& identity, OutputShape shape, std::uint32_t longest, Selection selection,
              MemoStore& store);

  const OutputShape& shape() const { return shape_; }
  const Status& status() const { return status_; }
  Selection selection() const { return selection_; }
  // Decides which results are published; all engines of the process share it.
  Admission& admission() { return admission_; }

  // Whether lookups can be answered just now.
  bool available() const { return space_ && store_.available(); }
  // Asks for all keys; one message for a few. Nothing is found by similarity.
  // Shapes: keys [n] -> found [n]. Errors: as MemoStore::lookup; then nothing is found.
  Status look_up(std::span<const LookupItem> keys, std::chrono::microseconds within,
                 std::span<std::optional<Match>> found) const;
  // Hands a result over. Shapes: row [shape().numbers()]. Errors: as MemoStore::draft and publish.
  Status publish(const Key& key, std::uint32_t tokens, std::span<const float> row, float cost_us) const;

 private:
  const OutputShape shape_;
  const Selection selection_;
  MemoStore& store_;
  std::optional<SpaceId> space_;
  Status status_;
  Admission admission_;
};

}  // namespace memo
