#include "memod/store/catalog/key_map.h"

#include <xxhash.h>

namespace memo {

std::uint64_t KeyMap::hash(const Key& key) const {
  static_assert(sizeof(Key) == 16);
  return XXH3_64bits_withSeed(&key, sizeof(key), seed_);
}

std::optional<SlotId> KeyMap::find(const Key& key) const {
  const auto number = slots_.find(hash(key), has(key));
  if (!number) return std::nullopt;
  return slot_of(*number);
}

bool KeyMap::insert(const Key& key, SlotId slot) {
  if (contains(key)) return false;
  slots_.insert(hash(key), number_of(slot));
  return true;
}

std::optional<SlotId> KeyMap::erase(const Key& key) {
  const auto slot = find(key);
  if (slot) slots_.erase(hash(key), has(key));
  return slot;
}

bool KeyMap::replace(const Key& key, SlotId from, SlotId to) {
  const auto is_from = [from](std::uint64_t number) { return slot_of(number) == from; };
  return slots_.replace(hash(key), is_from, number_of(to));
}

}  // namespace memo
