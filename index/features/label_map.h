// LabelMap: where each label of a list is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "index/features/compact_map.h"

namespace memo {

// It holds only positions: the list's label(position) says which label lies there.
// Threads: const methods may run side by side; the others run alone.
template <typename List>
class LabelMap {
  // Whether a position is the label's.
  auto has(std::uint64_t label) const {
    return [this, label](std::uint64_t position) { return list_.label(position) == label; };
  }

 public:
  // Lifetime: the list outlives this. A position in the map keeps its label for as long as it is in the map.
  explicit LabelMap(const List& list) : list_(list) {}

  std::size_t size() const { return positions_.size(); }
  bool contains(std::uint64_t label) const { return find(label).has_value(); }
  std::optional<std::size_t> find(std::uint64_t label) const {
    return positions_.find(spread_bits(label), has(label));
  }

  // Requires: the label is in the list at `position`, and not in the map.
  void insert(std::uint64_t label, std::size_t position) { positions_.insert(spread_bits(label), position); }
  // Requires: the label is still in the list at its old position.
  bool erase(std::uint64_t label) { return positions_.erase(spread_bits(label), has(label)); }

  std::size_t memory_bytes() const { return positions_.memory_bytes(); }

 private:
  const List& list_;
  CompactMap<32> positions_;
};

}  // namespace memo
