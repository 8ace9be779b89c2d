// CompactMap: a hash table of small numbers that keeps no keys.
//
// A cell of 64 bits holds a number and the rest of its key's hash. That makes 11 bytes per entry;
// std::unordered_map takes 40 to 60. The user can find a number's key again (a slot's header has it), so the map
// does not store it a second time. A lookup asks the user about a cell whose hash bits agree; it is nearly always
// the right one.
//
// The map consists of many small tables. A single one would stop its owner for a tenth of a second when it grows
// at a million entries; with small tables an insertion moves a few thousand cells at most. Growing reads only hash
// bits, never keys.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>

namespace memo {

// A random seed for the hashes, so that nobody can choose keys that collide.
inline std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// Shapes: `hash` has 64 bits that all matter equally, in all methods; numbers are below 2^kValueBits - 1.
// Threads: const methods may run side by side; the others run alone.
template <unsigned kValueBits>
class CompactMap {
 public:
  std::size_t size() const { return size_; }

  // The number with this hash that `is_it` accepts; `is_it` is called for few others.
  template <typename Predicate>
  std::optional<std::uint64_t> find(std::uint64_t hash, const Predicate& is_it) const {
    const Shard& shard = shards_[shard_number(hash)];
    const auto cell = shard.find(tag(hash), is_it);
    if (!cell) return std::nullopt;
    return shard.cells[*cell] & kValueMask;
  }

  // Requires: find() does not find it. Takes a few microseconds at most, while the map has 10^8 entries or fewer.
  void insert(std::uint64_t hash, std::uint64_t value) {
    assert(value < kValueMask);
    shards_[shard_number(hash)].insert(tag(hash) << kValueBits | value);
    ++size_;
  }

  // False when there is none.
  template <typename Predicate>
  bool erase(std::uint64_t hash, const Predicate& is_it) {
    Shard& shard = shards_[shard_number(hash)];
    const auto cell = shard.find(tag(hash), is_it);
    if (!cell) return false;
    shard.erase(*cell);
    --size_;
    return true;
  }

  // Removes the entry of a number whose hash is not known any more, in a walk over all entries. False when there
  // is none.
  bool erase_value(std::uint64_t value) {
    for (Shard& shard : shards_)
      for (std::uint32_t cell = 0; cell < shard.capacity; ++cell) {
        if (shard.cells[cell] == kEmpty || (shard.cells[cell] & kValueMask) != value) continue;
        shard.erase(cell);
        --size_;
        return true;
      }
    return false;
  }

  // Makes the entry that `is_it` accepts hold `value`. False when there is none.
  template <typename Predicate>
  bool replace(std::uint64_t hash, const Predicate& is_it, std::uint64_t value) {
    assert(value < kValueMask);
    Shard& shard = shards_[shard_number(hash)];
    const auto cell = shard.find(tag(hash), is_it);
    if (!cell) return false;
    shard.cells[*cell] = tag(hash) << kValueBits | value;
    return true;
  }

  template <typename Visitor>
  void for_each(const Visitor& visit) const {
    for (const Shard& shard : shards_)
      for (std::uint32_t cell = 0; cell < shard.capacity; ++cell)
        if (shard.cells[cell] != kEmpty) visit(shard.cells[cell] & kValueMask);
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = sizeof(*this);
    for (const Shard& shard : shards_) bytes += shard.capacity * sizeof(std::uint64_t);
    return bytes;
  }

 private:
  static constexpr unsigned kTagBits = 64 - kValueBits;
  static constexpr unsigned kShardBits = 8;
  static_assert(kTagBits >= 16 && kTagBits + kShardBits <= 64);
  static constexpr std::uint64_t kValueMask = (std::uint64_t{1} << kValueBits) - 1;
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

  static std::size_t shard_number(std::uint64_t hash) { return hash >> (64 - kShardBits); }
  static std::uint64_t tag(std::uint64_t hash) { return hash << kShardBits >> kValueBits; }

  // Linear probing; an entry's first place is in proportion to its tag.
  struct Shard {
    std::unique_ptr<std::uint64_t[]> cells;
    std::uint32_t capacity = 0;
    std::uint32_t count = 0;

    std::uint32_t home(std::uint64_t tag) const { return static_cast<std::uint32_t>(tag * capacity >> kTagBits); }
    std::uint32_t after(std::uint32_t cell) const { return cell + 1 == capacity ? 0 : cell + 1; }

    template <typename Predicate>
    std::optional<std::uint32_t> find(std::uint64_t tag, const Predicate& is_it) const {
      if (capacity == 0) return std::nullopt;
      for (std::uint32_t cell = home(tag); cells[cell] != kEmpty; cell = after(cell))
        if (cells[cell] >> kValueBits == tag && is_it(cells[cell] & kValueMask)) return cell;
      return std::nullopt;
    }

    void insert(std::uint64_t entry) {
      // At most four of five cells are in use; after growing, two of three.
      if (std::uint64_t{count + 1} * 5 > std::uint64_t{capacity} * 4) resize(count + count / 2 + 4);
      place(entry);
      ++count;
    }

    // Closes the gap: entries that lie behind their first place move up, so no tombstone has to stay.
    void erase(std::uint32_t gap) {
      for (std::uint32_t cell = after(gap); cells[cell] != kEmpty; cell = after(cell)) {
        const std::uint32_t first = home(cells[cell] >> kValueBits);
        const bool may_move = gap <= cell ? first <= gap || first > cell : first <= gap && first > cell;
        if (!may_move) continue;
        cells[gap] = cells[cell];
        gap = cell;
      }
      cells[gap] = kEmpty;
      --count;
      if (std::uint64_t{count} * 4 < capacity) resize(count == 0 ? 0 : count + count / 2 + 4);
    }

    void place(std::uint64_t entry) {
      std::uint32_t cell = home(entry >> kValueBits);
      while (cells[cell] != kEmpty) cell = after(cell);
      cells[cell] = entry;
    }

    void resize(std::uint32_t wanted) {
      const auto old = std::move(cells);
      const std::uint32_t old_capacity = capacity;
      capacity = wanted;
      cells = wanted == 0 ? nullptr : std::make_unique_for_overwrite<std::uint64_t[]>(wanted);
      std::fill_n(cells.get(), wanted, kEmpty);
      for (std::uint32_t cell = 0; cell < old_capacity; ++cell)
        if (old[cell] != kEmpty) place(old[cell]);
    }
  };

  std::array<Shard, std::size_t{1} << kShardBits> shards_;
  std::size_t size_ = 0;
};

// Spreads a number's bits over all 64, one to one (the finalizer of splitmix64).
inline std::uint64_t spread_bits(std::uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return number ^ number >> 31;
}

}  // namespace memo
