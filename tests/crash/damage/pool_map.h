// PoolMap: which bytes of a pool's file are what, for tests that damage them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/memo_model.h"

namespace memo::test {

struct Region {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct PoolMap {
  struct Part {
    const char* name;
    std::vector<Region> regions;
  };
  std::vector<Part> parts;
};

// Root, space records, extent records, headers of live and of free slots, features and payloads of memos.
// Requires, here and below: the pool is sound, and nobody has it open.
PoolMap map_pool(const std::string& path);

// What libpmemobj keeps for itself: its header, descriptor and unchecked fields, the logs of lanes that were used and
// of those that were not, the tables of its heap as far as they count, and the headers of objects.
PoolMap map_metadata(const std::string& path);

}  // namespace memo::test
