#include "model/engine/row_layout.h"

#include <algorithm>
#include <numeric>

#include "model/layers/linear.h"

namespace memo {
namespace {

// Blocks of whole sequences are used unless the busiest thread would work more than this times the average.
constexpr double kMaxImbalance = 1.12;
constexpr std::size_t kSmallestPart = 32;

std::vector<std::size_t> longest_first(std::span<const std::uint32_t> lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
  return order;
}

}  // namespace

RowLayout::RowLayout(std::span<const std::uint32_t> lengths, std::size_t threads, std::size_t target_rows) {
  const std::vector<std::size_t> order = longest_first(lengths);
  pack_whole(order, lengths, target_rows);
  if (threads == 1 || !leaves_threads_idle(threads)) return;
  // Smaller blocks of whole sequences may be enough.
  const std::size_t total = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
  const std::size_t share = round_up_rows(std::max(kSmallestPart, total / threads));
  if (share < target_rows) pack_whole(order, lengths, share);
  if (!leaves_threads_idle(threads)) return;
  const std::size_t target = std::min(target_rows, share);
  if (split_few(order, lengths, target, threads)) return;
  // One part per thread: every part reads all weights, and more parts would balance little better.
  clear(lengths.size());
  add_parts(order, lengths, target);
}

// Keeps sequences whole except for the shortest few, which are cut into a part for each thread: three sequences of
// one length keep two threads busy when the third is halved. False where this leaves threads idle, too.
bool RowLayout::split_few(std::span<const std::size_t> order, std::span<const std::uint32_t> lengths,
                          std::size_t target, std::size_t threads) {
  const std::size_t most = std::min(order.size(), 2 * threads);
  for (std::size_t few = 1; few <= most; ++few) {
    const std::size_t whole = order.size() - few;
    pack_whole(order.first(whole), lengths, target);
    for (const std::size_t sequence : order.subspan(whole)) {
      const std::size_t share =
          round_up_rows(std::max(kSmallestPart, (lengths[sequence] + threads - 1) / threads));
      add_parts({&sequence, 1}, lengths, std::min(target, share));
    }
    if (!leaves_threads_idle(threads)) return true;
  }
  return false;
}

void RowLayout::clear(std::size_t sequences) {
  sequences_.assign(sequences, {});
  blocks_.clear();
  rows_ = 0;
  split_ = false;
}

void RowLayout::pack_whole(std::span<const std::size_t> order, std::span<const std::uint32_t> lengths,
                           std::size_t target) {
  clear(lengths.size());
  for (const std::size_t sequence : order) {
    const std::uint32_t length = lengths[sequence];
    if (blocks_.empty() || blocks_.back().rows + length > target) {
      rows_ = round_up_rows(rows_);
      blocks_.push_back({rows_, 0, {}});
    }
    Block& block = blocks_.back();
    block.parts.push_back({sequence, 0, length, block.rows});
    block.rows += length;
    sequences_[sequence] = {rows_, length};
    rows_ += length;
  }
  rows_ = round_up_rows(rows_);
}

void RowLayout::add_parts(std::span<const std::size_t> order, std::span<const std::uint32_t> lengths,
                          std::size_t most) {
  split_ = true;
  for (const std::size_t sequence : order) {
    const std::uint32_t length = lengths[sequence];
    sequences_[sequence] = {rows_, length};
    const std::size_t parts = (length + most - 1) / most;
    const auto part_rows = static_cast<std::uint32_t>(round_up_rows((length + parts - 1) / parts));
    for (std::uint32_t first = 0; first < length; first += part_rows) {
      const std::uint32_t rows = std::min(part_rows, length - first);
      blocks_.push_back({rows_ + first, rows, {{sequence, first, rows, 0}}});
    }
    rows_ = round_up_rows(rows_ + length);
  }
}

// Assigns the blocks, in order, to the thread that is free first.
bool RowLayout::leaves_threads_idle(std::size_t threads) const {
  std::vector<std::size_t> busy(threads, 0);
  std::size_t total = 0;
  for (const Block& block : blocks_) {
    *std::min_element(busy.begin(), busy.end()) += block.rows;
    total += block.rows;
  }
  const double average = static_cast<double>(total) / static_cast<double>(threads);
  return static_cast<double>(*std::max_element(busy.begin(), busy.end())) > kMaxImbalance * average;
}

std::size_t RowLayout::largest_block() const {
  std::size_t largest = 0;
  for (const Block& block : blocks_) largest = std::max(largest, block.rows);
  return largest;
}

std::uint32_t RowLayout::longest_sequence() const {
  std::uint32_t longest = 0;
  for (const SequenceRows& sequence : sequences_) longest = std::max(longest, sequence.length);
  return longest;
}

}  // namespace memo
