// RowLayout: where the tokens of a batch lie in the engine's buffers, and which rows a thread works on together.
//
// Sequences lie one behind the other without padding, longest first. The rows are cut into blocks, the units that
// threads take: whole sequences while these are enough to keep all threads busy; else some sequences, or all, are cut
// into parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace memo {

struct SequenceRows {
  std::size_t first_row = 0;
  std::uint32_t length = 0;
};

// Rows of one sequence that belong to a block.
struct BlockPart {
  std::size_t sequence = 0;  // in the batch
  std::uint32_t first = 0;   // of the sequence's rows
  std::uint32_t rows = 0;
  std::size_t block_row = 0;  // where they begin in the block
};

struct Block {
  std::size_t first_row = 0;  // a multiple of kRowUnit; up to the next block's first row nothing else lies
  std::size_t rows = 0;
  std::vector<BlockPart> parts;
};

// Threads: any, after construction.
class RowLayout {
 public:
  // target_rows: a block of whole sequences has at most this many rows, or a single sequence.
  // Requires: no length is 0, target_rows is a multiple of kRowUnit.
  RowLayout(std::span<const std::uint32_t> lengths, std::size_t threads, std::size_t target_rows);

  std::size_t rows() const { return rows_; }  // of the buffers: a multiple of kRowUnit
  std::size_t sequences() const { return sequences_.size(); }
  const SequenceRows& sequence(std::size_t index) const { return sequences_[index]; }
  const std::vector<Block>& blocks() const { return blocks_; }
  // Whether a block may hold a part of a sequence: its attention then needs the projections of other blocks.
  bool split() const { return split_; }
  std::size_t largest_block() const;  // rows
  std::uint32_t longest_sequence() const;

 private:
  void pack_whole(std::span<const std::size_t> order, std::span<const std::uint32_t> lengths, std::size_t target);
  // Parts of at most so many rows, behind what is there.
  void add_parts(std::span<const std::size_t> order, std::span<const std::uint32_t> lengths, std::size_t most);
  bool split_few(std::span<const std::size_t> order, std::span<const std::uint32_t> lengths, std::size_t target,
                 std::size_t threads);
  void clear(std::size_t sequences);
  bool leaves_threads_idle(std::size_t threads) const;

  std::vector<SequenceRows> sequences_;
  std::vector<Block> blocks_;
  std::size_t rows_ = 0;
  bool split_ = false;
};

}  // namespace memo
