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
  // Root, space records, extent records, headers of live and of free slots, features and payloads of memos. Nothing that
  // libpmemobj keeps for itself.
  std::vector<Part> parts;
};

// Requires: the pool is sound, and nobody has it open.
PoolMap map_pool(const std::string& path);

}  // namespace memo::test
