// KeyMap: the slot of each key of one layer. The keys themselves are in the slots' headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "index/features/compact_map.h"
#include "memo/types.h"
#include "memod/store/pool/pool.h"

namespace memo {

// 11 bytes a memo. Finding a key that is there reads one header, which a lookup reads anyway.
// Threads: const methods may run side by side; the others run alone. Durability: none; every opening rebuilds it.
class KeyMap {
 public:
  // Lifetime: the pool outlives this. `seed` keeps clients, who choose the keys, from choosing ones that collide.
  KeyMap(const Pool& pool, std::uint64_t seed) : pool_(pool), seed_(seed) {}

  std::size_t size() const { return slots_.size(); }
  bool contains(const Key& key) const { return find(key).has_value(); }
  std::optional<SlotId> find(const Key& key) const;

  // False when the key already leads to a slot. Requires: the slot's header has the key, for as long as it is
  // here.
  bool insert(const Key& key, SlotId slot);
  // Removes the key; -> the slot where it led, or nothing if it led nowhere.
  std::optional<SlotId> erase(const Key& key);
  // For a slot whose header has lost its key: walks over all entries. False when no key leads there.
  bool erase(SlotId slot) { return slots_.erase_value(number_of(slot)); }
  // Makes the key lead to `to`, whose header also has it. False when it does not lead to `from`.
  bool replace(const Key& key, SlotId from, SlotId to);

  template <typename Visitor>
  void for_each(const Visitor& visit) const {
    slots_.for_each([&visit](std::uint64_t number) { visit(slot_of(number)); });
  }

  std::size_t memory_bytes() const { return slots_.memory_bytes(); }

 private:
  // Extents are fewer than 4096 (layout::kMaxExtents), so a slot's number fits with 20 bits to spare.
  static constexpr unsigned kSlotBits = 44;
  static std::uint64_t number_of(SlotId slot) { return slot.value; }
  static SlotId slot_of(std::uint64_t number) { return SlotId{number}; }

  std::uint64_t hash(const Key& key) const;
  auto has(const Key& key) const {
    return [this, &key](std::uint64_t number) {
      const layout::SlotHeader& header = pool_.header(slot_of(number));
      return Key{header.key_high, header.key_low} == key;
    };
  }

  const Pool& pool_;
  const std::uint64_t seed_;
  CompactMap<kSlotBits> slots_;
  static_assert(layout::kMaxExtents <= 1u << (kSlotBits - 32));
};

}  // namespace memo
