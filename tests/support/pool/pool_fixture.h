// A pool in a folder of its own, and hands to damage its file with.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "memod/store/pool/pool.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

inline constexpr std::uint64_t kSmallPool = 16ull << 20;

class PoolFixture : public testing::Test {
 protected:
  const std::string& path() const { return path_; }

  Result<std::unique_ptr<Pool>> try_open(std::uint64_t create_bytes = 0) {
    return Pool::open({.path = path_, .create_bytes = create_bytes});
  }
  std::unique_ptr<Pool> create() {
    auto pool = try_open(kSmallPool);
    EXPECT_TRUE(pool.is_ok()) << pool.status().message();
    return pool ? std::move(*pool) : nullptr;
  }
  // Creates a pool with one space and one extent, closes it, and returns where its root lies in the file.
  std::uint64_t create_with_extent() {
    const auto pool = create();
    const SpaceId space = pool->add_space(small_space()).value();
    EXPECT_TRUE(pool->add_extent(space).is_ok());
    return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&pool->stored_root()) - pool->base());
  }

  // Requires: the pool is closed.
  void overwrite(std::uint64_t offset, const void* bytes, std::size_t size) {
    const int file = open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(pwrite(file, bytes, size, static_cast<off_t>(offset)), static_cast<ssize_t>(size));
    close(file);
  }
  template <typename T>
  void overwrite(std::uint64_t offset, T value) {
    overwrite(offset, &value, sizeof(value));
  }

  TempDir folder_;
  std::string path_ = folder_.file("pool");
};

// Memo `number` into a free slot; the feature and the payload live until it returns.
inline Generation write_memo(Pool& pool, SlotId slot, std::uint64_t number, std::size_t bytes = 4096) {
  const auto payload = payload_of(number, bytes);
  const auto feature = feature_of(static_cast<double>(number));
  return pool.write_slot(slot, {.layer = Layer{2},
                                .key = key_of(number),
                                .feature = feature,
                                .length = 100,
                                .cost_us = 5,
                                .created_unix_ns = 77,
                                .payload = payload});
}

}  // namespace memo::test
