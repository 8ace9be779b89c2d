// Opening pools, above all those that cannot be opened.
#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <fstream>

#include "memod/store/pool/examine/heap.h"
#include "memod/store/pool/format/checksums.h"
#include "tests/support/pool/pool_fixture.h"

namespace memo::test {
namespace {

using PoolOpen = PoolFixture;

void expect_error(const Result<std::unique_ptr<Pool>>& result, StatusCode code, const std::string& text) {
  ASSERT_FALSE(result.is_ok());
  EXPECT_EQ(result.status().code(), code) << result.status().message();
  EXPECT_NE(result.status().message().find(text), std::string::npos) << result.status().message();
  EXPECT_EQ(result.status().message().find('\n'), std::string::npos);
}

TEST_F(PoolOpen, CreatesAFileOfTheSizeThatOnlyItsOwnerMayRead) {
  const auto pool = create();
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), kSmallPool);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, kSmallPool) << "space is not reserved";
  EXPECT_EQ(pool->root().opens, 1u);
}

TEST_F(PoolOpen, CountsItsOpensAndKeepsItsIdentity) {
  const std::uint64_t uuid = create()->root().uuid_low;
  const auto pool = try_open();
  ASSERT_TRUE(pool.is_ok());
  EXPECT_EQ((*pool)->root().opens, 2u);
  EXPECT_EQ((*pool)->root().uuid_low, uuid);
}

TEST_F(PoolOpen, ExistingSizeWinsOverTheSizeAskedFor) {
  create();
  const auto pool = try_open(64ull << 20);
  ASSERT_TRUE(pool.is_ok());
  EXPECT_EQ((*pool)->file_bytes(), kSmallPool);
}

TEST_F(PoolOpen, MissingFileWithoutSizeSaysWhatToPass) {
  expect_error(try_open(), StatusCode::not_found, "pass --size");
}

TEST_F(PoolOpen, MissingFolderIsReported) {
  path_ = folder_.file("no/such/pool");
  expect_error(try_open(kSmallPool), StatusCode::invalid_argument, "folder");
}

TEST_F(PoolOpen, SizeBelowTheMinimumIsRefused) {
  expect_error(try_open(layout::kMinPoolBytes - 1), StatusCode::invalid_argument, "16 MiB");
}

TEST_F(PoolOpen, MoreThanTheFileSystemHasIsFullAndLeavesNoFile) {
  expect_error(try_open(std::uint64_t{1} << 50), StatusCode::full, "--size");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

// 16386 MiB hold one zone of libpmemobj's heap, its largest, and less than another: it would count chunks that the
// zone's table has no place for.
TEST_F(PoolOpen, SizesThatOverflowATableOfTheHeapAreKnown) {
  EXPECT_TRUE(is_sound_pool_size(kSmallPool));
  EXPECT_TRUE(is_sound_pool_size(16385ull << 20));
  EXPECT_FALSE(is_sound_pool_size(16386ull << 20));
  EXPECT_TRUE(is_sound_pool_size(16388ull << 20));
}

TEST_F(PoolOpen, FolderInPlaceOfAFileIsReported) {
  std::filesystem::create_directory(path());
  expect_error(try_open(), StatusCode::invalid_argument, "not a regular file");
}

TEST_F(PoolOpen, GarbageIsNotAPool) {
  std::ofstream(path()) << std::string(1 << 20, 'x');
  expect_error(try_open(kSmallPool), StatusCode::corrupt, "not a memod pool");
}

TEST_F(PoolOpen, EmptyFileIsNotAPool) {
  std::ofstream{path()};
  expect_error(try_open(kSmallPool), StatusCode::corrupt, "not a memod pool");
}

TEST_F(PoolOpen, TruncatedFilesAreCorrupt) {
  create_with_extent();
  for (const std::uint64_t size : {8ull << 20, 1ull << 20, 4096ull, 100ull}) {
    std::filesystem::resize_file(path(), size);
    expect_error(try_open(), StatusCode::corrupt, "truncated");
  }
}

TEST_F(PoolOpen, PoolOfAnotherProgramIsNamed) {
  create();
  overwrite(4096, "queue", 6);
  expect_error(try_open(), StatusCode::unsupported, "\"queue\"");
}

TEST_F(PoolOpen, OpenPoolIsInUse) {
  const auto pool = create();
  expect_error(try_open(), StatusCode::in_use, "in use");
}

TEST_F(PoolOpen, UnreadableFileIsNoPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "root may open everything";
  create();
  std::filesystem::permissions(path(), std::filesystem::perms::owner_read);
  expect_error(try_open(), StatusCode::invalid_argument, "permission");
}

TEST_F(PoolOpen, DraftOfACrashedCreationIsReplaced) {
  std::ofstream(path() + ".creating") << "half";
  EXPECT_NE(create(), nullptr);
  EXPECT_FALSE(std::filesystem::exists(path() + ".creating"));
}

TEST_F(PoolOpen, OtherLayoutVersionIsUnsupported) {
  const std::uint64_t root = create_with_extent();
  overwrite(root + offsetof(layout::Root, version), std::uint32_t{9});
  expect_error(try_open(), StatusCode::unsupported, "pool layout version 9; this memod reads version 2");
}

TEST_F(PoolOpen, OtherMagicIsCorrupt) {
  const std::uint64_t root = create_with_extent();
  overwrite(root + offsetof(layout::Root, magic), std::uint64_t{1});
  expect_error(try_open(), StatusCode::corrupt, "magic");
}

// One damaged field of the tables, and what the message calls it.
struct Damage {
  const char* name;
  std::size_t offset;  // in Root
  std::uint64_t value;
  std::size_t bytes;
  const char* text;
};
void PrintTo(const Damage& damage, std::ostream* stream) {
  *stream << damage.name;
}

constexpr std::size_t kSpaceTable = offsetof(layout::Root, spaces);
constexpr std::size_t kExtent = offsetof(layout::Root, extents);

class DamagedTable : public PoolFixture, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedTable, IsRefusedNamingTheField) {
  const std::uint64_t root = create_with_extent();
  overwrite(root + GetParam().offset, &GetParam().value, GetParam().bytes);
  expect_error(try_open(), StatusCode::corrupt, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DamagedTable,
    testing::Values(
        Damage{"SpaceCount", offsetof(layout::Root, space_count), 257, 4, "space count"},
        Damage{"ExtentCount", offsetof(layout::Root, extent_count), 4097, 4, "extent count"},
        Damage{"ExtentBytes", offsetof(layout::Root, extent_bytes), 0, 8, "extent bytes"},
        Damage{"Uuid", offsetof(layout::Root, uuid_low), 7, 8, "root 0: checksum"},
        Damage{"HiddenSpace", offsetof(layout::Root, space_count), 0, 4, "space"},
        Damage{"HiddenExtent", offsetof(layout::Root, extent_count), 0, 4,
               "extent 0 lies behind the 0 that count"},
        Damage{"SpaceModel", kSpaceTable + offsetof(layout::SpaceRecord, model_low), 7, 8, "space 0: checksum"},
        Damage{"ExtentChecksum", kExtent + offsetof(layout::ExtentRecord, checksum), 7, 8, "extent 0: checksum"},
        Damage{"SpaceHeads", kSpaceTable + offsetof(layout::SpaceRecord, heads), 0, 4, "space 0: space: heads"},
        Damage{"Space", kExtent + offsetof(layout::ExtentRecord, space), 1, 4, "extent 0: space"},
        Damage{"SlotCount", kExtent + offsetof(layout::ExtentRecord, slot_count), 0, 4, "slot count"},
        Damage{"ManySlots", kExtent + offsetof(layout::ExtentRecord, slot_count), 0xffffffff, 4, "extent 0"},
        Damage{"Stride", kExtent + offsetof(layout::ExtentRecord, slot_stride), 64, 8, "slot stride"},
        Damage{"Headers", kExtent + offsetof(layout::ExtentRecord, headers_start), kSmallPool, 8, "headers start"},
        Damage{"HeadersOdd", kExtent + offsetof(layout::ExtentRecord, headers_start), 8193, 8, "headers start"},
        Damage{"Payload", kExtent + offsetof(layout::ExtentRecord, payload_start), ~std::uint64_t{4095}, 8,
               "payload start"},
        Damage{"PayloadOdd", kExtent + offsetof(layout::ExtentRecord, payload_start), 8200, 8, "payload start"},
        Damage{"Object", kExtent + offsetof(layout::ExtentRecord, payload_object), 1, 8, "payload object"}),
    [](const auto& info) { return info.param.name; });

TEST_F(PoolOpen, OverlappingExtentsAreRefused) {
  const std::uint64_t root = create_with_extent();
  layout::ExtentRecord record;
  {
    const auto pool = try_open();
    record = (*pool)->extents()[0];
  }
  record.checksum = extent_checksum(record);
  overwrite(root + kExtent + sizeof(record), record);
  overwrite(root + offsetof(layout::Root, extent_count), std::uint32_t{2});
  expect_error(try_open(), StatusCode::corrupt, "overlap");
}

}  // namespace
}  // namespace memo::test
