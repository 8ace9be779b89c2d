// A pool's mapping: aligned, brought into memory in the background, and truthfully reported.
#include "memod/store/memory/pool_memory.h"

#include <sys/stat.h>

#include <filesystem>
#include <mutex>

#include "client/attached/attachment.h"
#include "client/protocol/mapping.h"
#include "client/protocol/unique_fd.h"
#include "memod/store/pool/file/pool_file.h"
#include "memod/store/store.h"
#include "tests/support/pool/pool_fixture.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

constexpr std::uint64_t kPoolBytes = 64 << 20;

TEST(PoolHeaderOf, TellsPoolsFromOtherThings) {
  std::vector<std::byte> header(8192);
  EXPECT_EQ(classify_header(header), PoolHeader::empty);
  header[5000] = std::byte{1};
  EXPECT_EQ(classify_header(header), PoolHeader::foreign);
  std::memcpy(header.data(), "PMEMOBJ", 8);
  std::memcpy(header.data() + 4096, "memod", 6);
  EXPECT_EQ(classify_header(header), PoolHeader::memod);
  std::memcpy(header.data() + 4096, "memodx", 7);
  EXPECT_EQ(classify_header(header), PoolHeader::other_program);
  EXPECT_EQ(classify_header(std::span(header).first(4096)), PoolHeader::foreign);
  EXPECT_EQ(classify_header({}), PoolHeader::empty);
}

TEST(PoolOnADevice, ThatIsNoDaxDeviceIsRefused) {
  for (const char* path : {"/dev/null", "/dev/zero"}) {
    const auto opened = Pool::open({.path = path, .create_bytes = kPoolBytes});
    EXPECT_EQ(opened.status().code(), StatusCode::invalid_argument) << path;
    EXPECT_NE(opened.status().message().find(path), std::string::npos) << opened.status().message();
    struct stat status = {};
    ASSERT_EQ(stat(path, &status), 0);
    EXPECT_TRUE(S_ISCHR(status.st_mode)) << path << " is no device any more";
    EXPECT_FALSE(is_on_dax(path));
  }
}

class PayloadAlignment : public PoolFixture, public testing::WithParamInterface<std::uint64_t> {};

// So that a kernel may read a view's vectors aligned, in the daemon and in every client.
TEST_P(PayloadAlignment, EveryPayloadStartsOnACacheLineInEveryMapping) {
  auto pool = try_open(kPoolBytes).value();
  const SpaceId space = pool->add_space(small_space(GetParam())).value();
  const UniqueFd file(::open(path().c_str(), O_RDONLY));
  const auto client = Mapping::map(file.get(), pool->file_bytes(), Mapping::Access::read_only).value();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pool->base()) % kHugePageBytes, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(client.bytes().data()) % kHugePageBytes, 0u);
  for (int extent = 0; extent < 2; ++extent) {
    const std::uint32_t index = pool->add_extent(space).value();
    for (std::uint32_t slot = 0; slot < pool->extents()[index].slot_count; ++slot)
      ASSERT_EQ(pool->payload_offset(SlotId::make(index, slot)) % 64, 0u) << slot;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, PayloadAlignment,
                         testing::Values(1, 63, 64, 65, 4095, 4096, 4097, 65'536, 196'608, 202'752, 262'145,
                                         3 << 20, (3 << 20) + 7, 10'000'001));

class PoolMemoryTest : public testing::Test {
 protected:
  void open(MemoryOptions memory = {}) {
    StoreOptions options;
    options.path = path_;
    options.create_bytes = kPoolBytes;
    options.memory = std::move(memory);
    options.log = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_ += line + "\n";
    };
    auto store = Store::open(options);
    ASSERT_TRUE(store.is_ok()) << store.status().message();
    store_ = std::move(*store);
  }
  PoolMemoryStats memory() { return store_->stats()->memory; }
  std::string lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool in_memory() {
    return eventually([this] { return lines().find("pool in memory") != std::string::npos; });
  }

  TempDir folder_{std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()};
  std::string path_ = folder_.file("pool");
  std::mutex mutex_;
  std::string lines_;  // under mutex_
  std::unique_ptr<Store> store_;
};

TEST_F(PoolMemoryTest, NewAndExistingPoolsAreMappedInWholly) {
  for (int opening = 0; opening < 2; ++opening) {
    open();
    if (memory().backing != "tmpfs") GTEST_SKIP() << folder_.path() << " is no tmpfs";
    ASSERT_TRUE(in_memory());
    if (lines().find("stopped") != std::string::npos) GTEST_SKIP() << lines();
    const PoolMemoryStats stats = memory();
    EXPECT_EQ(stats.prefault_bytes, kPoolBytes);
    EXPECT_EQ(stats.prefaulted_bytes, kPoolBytes);
    EXPECT_TRUE(eventually([this] { return memory().present_bytes == kPoolBytes; })) << memory().present_bytes;
    EXPECT_EQ(memory().page_table_bytes, (kPoolBytes - memory().huge_bytes) / 512);
    store_.reset();
    lines_.clear();
  }
}

TEST_F(PoolMemoryTest, HugePagesAreReportedAsAchieved) {
  open();
  if (memory().backing != "tmpfs") GTEST_SKIP() << folder_.path() << " is no tmpfs";
  ASSERT_TRUE(in_memory());
  const PoolMemoryStats stats = memory();
  EXPECT_LE(stats.huge_bytes, kPoolBytes - stats.huge_page_failures * kHugePageBytes);
  if (stats.huge_page_failures > 0 || lines().find("stopped") != std::string::npos) GTEST_SKIP() << lines();
  EXPECT_TRUE(eventually([this] { return memory().huge_bytes == kPoolBytes; })) << memory().huge_bytes;
}

TEST_F(PoolMemoryTest, WhatIsNotWantedIsNotDone) {
  open({.prefault = false, .huge_pages = false});
  EXPECT_EQ(memory().prefault_bytes, 0u);
  EXPECT_LT(memory().present_bytes, kPoolBytes / 2);
  EXPECT_EQ(lines(), "");
}

TEST_F(PoolMemoryTest, PoolOnADiskIsNotReadWhole) {
  path_ = std::string(MEMO_BINARY_DIR) + "/pool_memory_test.pool";
  std::filesystem::remove(path_);
  open();
  const PoolMemoryStats stats = memory();
  store_.reset();
  std::filesystem::remove(path_);
  if (stats.backing != "disk") GTEST_SKIP() << "the build lies on " << stats.backing;
  EXPECT_EQ(stats.prefault_bytes, 0u);
  EXPECT_LT(stats.present_bytes, kPoolBytes);
}

TEST_F(PoolMemoryTest, NodeOfThePoolIsSaid) {
  const std::vector<int> nodes = numa_nodes().value();
  open({.numa = {.kind = NumaPolicy::Kind::node, .node = nodes[0]}, .numa_nodes = nodes});
  if (memory().backing != "tmpfs") GTEST_SKIP() << folder_.path() << " is no tmpfs";
  if (lines().find("mbind") != std::string::npos) GTEST_SKIP() << lines();
  EXPECT_EQ(memory().numa, describe({.kind = NumaPolicy::Kind::node, .node = nodes[0]}, nodes));
}

TEST_F(PoolMemoryTest, ClosingDoesNotWaitForTheWholePool) {
  for (int i = 0; i < 5; ++i) {
    open();
    store_.reset();
  }
}

TEST(ClientMemory, ClientMapsThePoolInUnlessTold) {
  if (!std::filesystem::exists("/dev/shm")) GTEST_SKIP() << "no /dev/shm";
  ServedPool pool(kPoolBytes, 256, "/dev/shm");
  for (const bool prefault : {true, false}) {
    AttachOptions options = ServedPool::patient();
    options.prefault = prefault;
    const auto attachment = Attachment::open(pool.socket_path(), options, std::make_shared<PublishLedger>());
    ASSERT_TRUE(attachment.is_ok()) << attachment.status().message();
    const AttachedMemory& memory = (*attachment)->memory();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.pool().data()) % kHugePageBytes, 0u);
    if (!prefault) {
      EXPECT_EQ(memory.prefault_progress().total_bytes, 0u);
      continue;
    }
    ASSERT_TRUE(eventually([&] { return memory.prefault_progress().ended; }));
    if (memory.prefault_progress().error == EINVAL) GTEST_SKIP() << "this kernel cannot populate";
    EXPECT_EQ(memory.prefault_progress().done_bytes, kPoolBytes);
  }
}

}  // namespace
}  // namespace memo::test
