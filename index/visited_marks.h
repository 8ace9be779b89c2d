// VisitedMarks: which nodes a walk has seen. One bit a node stays in a core's own cache up to some millions of nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace memo {

// Threads: one.
class VisitedMarks {
 public:
  // Makes room for nodes below `nodes`, without marks.
  void fit(std::size_t nodes) { words_.resize((nodes + 63) / 64); }

  // False when it is marked already.
  bool mark(int node) {
    std::uint64_t& word = words_[static_cast<std::size_t>(node) / 64];
    const std::uint64_t bit = std::uint64_t{1} << (node % 64);
    if (word & bit) return false;
    if (word == 0) touched_.push_back(static_cast<std::uint32_t>(node / 64));
    word |= bit;
    return true;
  }

  // Takes the time of the marks, not of the nodes.
  void clear() {
    for (const std::uint32_t word : touched_) words_[word] = 0;
    touched_.clear();
  }

  std::size_t memory_bytes() const {
    return words_.capacity() * sizeof(std::uint64_t) + touched_.capacity() * sizeof(std::uint32_t);
  }

 private:
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace memo
