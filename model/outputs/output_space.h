// OutputSpace: where one model's results, or its final states, are kept: everything that the engines of a process share
// to reuse them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "memo/memo_store.h"
#include "model/layers/token_sequence.h"
#include "model/memo/selection/admission.h"
#include "model/outputs/output_shape.h"
#include "model/policy/policy.h"

namespace memo {

// The key of a text's result: of its tokens and their types.
Key output_key(const TokenSequence& tokens);

// The longest text of each space, ascending. Results have one size, so texts of all lengths share a space; states have a
// space for each power of two, as the slots of a space are of one size.
// length: tokens of the longest text that is asked for. longest: those that the model takes.
std::vector<std::uint32_t> length_buckets(const OutputShape& shape, std::uint32_t length, std::uint32_t longest);

// Threads: any.
class OutputSpace {
 public:
  // A store that refuses a space does not fail this: status() then says why, and everything is computed.
  // identity: as output_identity() or states_identity(). buckets: as length_buckets(). Lifetime: the store outlives
  // this.
  OutputSpace(const Digest& identity, OutputShape shape, std::vector<std::uint32_t> buckets, Selection selection,
              MemoStore& store);

  const OutputShape& shape() const { return shape_; }
  const Status& status() const { return status_; }
  Selection selection() const { return selection_; }
  // Decides which results are published; all engines of the process share it.
  Admission& admission() { return admission_; }

  // Whether lookups can be answered just now.
  bool available() const { return status_.is_ok() && store_.available(); }
  // Asks for all keys; one message for a few. Nothing is found by similarity. min_length: of the text.
  // Shapes: keys [n] -> found [n]. Errors: as MemoStore::lookup_all; then nothing is found.
  Status look_up(std::span<const LookupItem> keys, std::chrono::microseconds within,
                 std::span<std::optional<Match>> found) const;
  // Hands a result over. Shapes: row [shape().numbers(tokens)]. Errors: as MemoStore::draft and publish.
  Status publish(const Key& key, std::uint32_t tokens, std::span<const float> row, float cost_us) const;

 private:
  // The bucket of a text of so many tokens. Requires: it is no longer than the last bucket.
  std::size_t bucket_of(std::size_t tokens) const;

  const OutputShape shape_;
  const std::vector<std::uint32_t> buckets_;
  const Selection selection_;
  MemoStore& store_;
  std::vector<SpaceId> spaces_;  // [buckets]; fewer where the store refused one
  Status status_;
  Admission admission_;
};

}  // namespace memo
