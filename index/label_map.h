// LabelMap: where each label is. One hash table would stop its owner for a tenth of a second when it rehashes a
// million labels; this is many small ones, of which an insertion rehashes at most one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace memo {

// Threads: const methods side by side; the others alone.
class LabelMap {
 public:
  std::size_t size() const { return size_; }
  bool contains(std::uint64_t label) const { return shard(label).contains(label); }

  std::optional<std::size_t> find(std::uint64_t label) const {
    const Shard& candidates = shard(label);
    const auto found = candidates.find(label);
    if (found == candidates.end()) return std::nullopt;
    return found->second;
  }

  // Adds the label or moves it.
  void set(std::uint64_t label, std::size_t position) {
    size_ += shard(label).insert_or_assign(label, position).second;
  }
  void erase(std::uint64_t label) { size_ -= shard(label).erase(label); }

 private:
  using Shard = std::unordered_map<std::uint64_t, std::size_t>;
  static constexpr std::size_t kShards = 256;

  // Multiplicative hashing: labels are often consecutive, and their low bits place them inside the shard.
  static std::size_t shard_number(std::uint64_t label) { return label * 0x9e3779b97f4a7c15u >> 56; }
  const Shard& shard(std::uint64_t label) const { return shards_[shard_number(label)]; }
  Shard& shard(std::uint64_t label) { return shards_[shard_number(label)]; }

  std::array<Shard, kShards> shards_;
  std::size_t size_ = 0;
};

}  // namespace memo
