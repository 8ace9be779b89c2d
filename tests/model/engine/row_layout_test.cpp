#include "model/engine/row_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "model/layers/linear.h"

namespace memo {
namespace {

struct Batch {
  std::vector<std::uint32_t> lengths;
  std::size_t threads = 1;
  std::size_t target_rows = 128;

  RowLayout layout() const { return {lengths, threads, target_rows}; }
  std::size_t tokens() const { return std::accumulate(lengths.begin(), lengths.end(), std::size_t{0}); }
};

// Batches of all kinds: single sequences, many short ones, long ones, one long among short.
std::vector<Batch> random_batches(std::size_t threads) {
  std::mt19937 random(static_cast<unsigned>(threads));
  std::vector<Batch> batches;
  for (int i = 0; i < 400; ++i) {
    Batch batch;
    batch.threads = threads;
    batch.target_rows = i % 2 == 0 ? 128 : 256;
    const std::size_t count = 1 + random() % (i % 5 == 0 ? 2 : 40);
    const std::uint32_t most = i % 3 == 0 ? 16 : i % 3 == 1 ? 128 : 512;
    for (std::size_t k = 0; k < count; ++k) batch.lengths.push_back(1 + random() % most);
    if (i % 7 == 0) batch.lengths.push_back(512);
    batches.push_back(std::move(batch));
  }
  return batches;
}

// Rows of the thread that works longest, where each takes the next block when it is free.
std::size_t busiest_thread(const RowLayout& layout, std::size_t threads) {
  std::vector<std::size_t> busy(threads);
  for (const Block& block : layout.blocks()) *std::min_element(busy.begin(), busy.end()) += block.rows;
  return *std::max_element(busy.begin(), busy.end());
}

std::string description(const Batch& batch) {
  std::string text = "target " + std::to_string(batch.target_rows) + " lengths";
  for (const std::uint32_t length : batch.lengths) text += " " + std::to_string(length);
  return text;
}

class RowLayoutThreads : public testing::TestWithParam<std::size_t> {
 protected:
  // Calls expect(batch, layout) for random batches.
  template <typename Expectation>
  void for_batches(Expectation expect) const {
    for (const Batch& batch : random_batches(GetParam())) {
      SCOPED_TRACE(description(batch));
      expect(batch, batch.layout());
      if (HasFatalFailure()) return;
    }
  }
};

TEST_P(RowLayoutThreads, EveryTokenIsInOneBlockPart) {
  for_batches([](const Batch& batch, const RowLayout& layout) {
    ASSERT_EQ(layout.sequences(), batch.lengths.size());
    std::vector<std::vector<int>> seen;
    for (const std::uint32_t length : batch.lengths) seen.emplace_back(length, 0);
    for (const Block& block : layout.blocks())
      for (const BlockPart& part : block.parts)
        for (std::uint32_t i = 0; i < part.rows; ++i) ++seen.at(part.sequence).at(part.first + i);
    for (std::size_t sequence = 0; sequence < seen.size(); ++sequence) {
      ASSERT_EQ(layout.sequence(sequence).length, batch.lengths[sequence]);
      ASSERT_EQ(seen[sequence], std::vector<int>(batch.lengths[sequence], 1)) << "sequence " << sequence;
    }
  });
}

TEST_P(RowLayoutThreads, SequencesKeepTheirRowsTogetherAndApartFromOthers) {
  for_batches([](const Batch&, const RowLayout& layout) {
    std::vector<int> owners(layout.rows(), 0);
    for (std::size_t sequence = 0; sequence < layout.sequences(); ++sequence)
      for (std::size_t i = 0; i < layout.sequence(sequence).length; ++i)
        ++owners.at(layout.sequence(sequence).first_row + i);
    ASSERT_LE(*std::max_element(owners.begin(), owners.end()), 1);
  });
}

TEST_P(RowLayoutThreads, PartsLieWhereTheirSequencesDo) {
  for_batches([](const Batch&, const RowLayout& layout) {
    for (const Block& block : layout.blocks()) {
      std::size_t rows = 0;
      for (const BlockPart& part : block.parts) {
        ASSERT_EQ(part.block_row, rows);
        ASSERT_GT(part.rows, 0u);
        ASSERT_EQ(block.first_row + part.block_row, layout.sequence(part.sequence).first_row + part.first);
        rows += part.rows;
      }
      ASSERT_EQ(block.rows, rows);
    }
  });
}

TEST_P(RowLayoutThreads, BlocksDoNotOverlapWhenRoundedUp) {
  for_batches([](const Batch&, const RowLayout& layout) {
    std::size_t end = 0;
    for (const Block& block : layout.blocks()) {
      ASSERT_EQ(block.first_row % kRowUnit, 0u);
      ASSERT_GE(block.first_row, end);
      end = block.first_row + round_up_rows(block.rows);
    }
    ASSERT_EQ(layout.rows() % kRowUnit, 0u);
    ASSERT_GE(layout.rows(), end);
  });
}

TEST_P(RowLayoutThreads, BlocksHoldWholeSequencesUnlessSplit) {
  for_batches([](const Batch& batch, const RowLayout& layout) {
    if (layout.split()) return;
    for (const Block& block : layout.blocks()) {
      for (const BlockPart& part : block.parts) ASSERT_EQ(part.rows, batch.lengths[part.sequence]);
      ASSERT_TRUE(block.rows <= batch.target_rows || block.parts.size() == 1) << block.rows;
    }
  });
}

TEST_P(RowLayoutThreads, RowsAreNotSpreadThin) {
  for_batches([](const Batch& batch, const RowLayout& layout) {
    // Less than a unit is lost at each block of whole sequences, or at each sequence.
    const std::size_t ends = layout.split() ? batch.lengths.size() : layout.blocks().size();
    ASSERT_LT(layout.rows(), batch.tokens() + ends * kRowUnit);
  });
}

TEST_P(RowLayoutThreads, ExtremesAreThoseOfBlocksAndSequences) {
  for_batches([](const Batch& batch, const RowLayout& layout) {
    std::size_t largest = 0;
    for (const Block& block : layout.blocks()) largest = std::max(largest, block.rows);
    ASSERT_EQ(layout.largest_block(), largest);
    ASSERT_EQ(layout.longest_sequence(), *std::max_element(batch.lengths.begin(), batch.lengths.end()));
  });
}

TEST_P(RowLayoutThreads, WholeSequencesKeepAllThreadsBusyOrAreSplit) {
  for_batches([](const Batch& batch, const RowLayout& layout) {
    if (batch.threads == 1) {
      ASSERT_FALSE(layout.split());
    } else if (!layout.split()) {
      const double average = static_cast<double>(batch.tokens()) / static_cast<double>(batch.threads);
      ASSERT_LE(static_cast<double>(busiest_thread(layout, batch.threads)), 1.12 * average + 1e-9);
    }
  });
}

TEST_P(RowLayoutThreads, PartsAreAtMostAThreadsShare) {
  for_batches([](const Batch& batch, const RowLayout& layout) {
    if (!layout.split()) return;
    const std::size_t share = batch.tokens() / batch.threads;
    for (const Block& block : layout.blocks()) {
      if (block.parts.size() > 1 || block.rows == batch.lengths[block.parts.front().sequence]) continue;
      // 32 rows are the least that is worth a block; a part may be rounded up twice.
      ASSERT_LE(block.rows, std::max<std::size_t>(32, share + 2 * kRowUnit));
      ASSERT_LE(block.rows, batch.target_rows);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Threads, RowLayoutThreads, testing::Range<std::size_t>(1, 5));

TEST(RowLayout, ShortSequencesShareABlock) {
  const RowLayout sut(std::vector<std::uint32_t>{10, 20, 30, 40}, 1, 128);
  ASSERT_EQ(sut.blocks().size(), 1u);
  EXPECT_EQ(sut.blocks()[0].parts.front().sequence, 3u);  // the longest comes first
  EXPECT_EQ(sut.rows(), 112u);
}

TEST(RowLayout, OneLongSequenceIsSplitAmongThreads) {
  const RowLayout sut(std::vector<std::uint32_t>{512}, 2, 128);
  EXPECT_TRUE(sut.split());
  EXPECT_EQ(busiest_thread(sut, 2), 256u);
}

TEST(RowLayout, WhatDoesNotDivideIsShared) {
  for (const std::size_t count : {3, 5, 7}) {
    const RowLayout sut(std::vector<std::uint32_t>(count, 128), 2, 128);
    EXPECT_TRUE(sut.split());
    EXPECT_EQ(busiest_thread(sut, 2), count * 64) << count;
    EXPECT_EQ(sut.blocks().size(), count + 1) << "only one sequence is in two parts";
  }
}

TEST(RowLayout, OneLongSequenceIsOneBlockOfASingleThread) {
  const RowLayout sut(std::vector<std::uint32_t>{512}, 1, 128);
  EXPECT_FALSE(sut.split());
  ASSERT_EQ(sut.blocks().size(), 1u);
  EXPECT_EQ(sut.blocks()[0].rows, 512u);
}

TEST(RowLayout, EqualSequencesAreSharedOutWhole) {
  const RowLayout sut(std::vector<std::uint32_t>(32, 64), 2, 128);
  EXPECT_FALSE(sut.split());
  EXPECT_EQ(busiest_thread(sut, 2), 1024u);
}

}  // namespace
}  // namespace memo
