// The answers of a store.
#pragma once

#include <cstdint>
#include <memory>

#include "memo/types.h"

namespace memo {

// Where a found memo lies: file offsets in the pool, the same in every mapping of it.
struct Found {
  std::uint64_t slot = 0;
  std::uint64_t state_word_offset = 0;
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_bytes = 0;
  Generation generation{};
  bool exact = false;
  float distance = 0;
  std::uint32_t length = 0;
  Key key;
};

// Bytes of memory beside the pool.
struct StoreMemory {
  std::uint64_t features = 0;     // of live memos, as the indexes keep them
  std::uint64_t links = 0;        // of the indexes
  std::uint64_t index_other = 0;  // labels, tables, and features of removed memos
  std::uint64_t catalog = 0;      // keys, slots
};

// Lifetime: while `use` lives, the space is not given up for another.
struct OpenedSpace {
  SpaceId id{};
  std::shared_ptr<const void> use;
};

enum class PublishOutcome { published, duplicate };

}  // namespace memo
