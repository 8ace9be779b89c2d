// Mapping files in ahead of use, and saying what came of it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "client/memory/backing.h"
#include "client/memory/mapping_use.h"
#include "client/memory/warmer.h"
#include "client/protocol/mapping.h"
#include "client/protocol/unique_fd.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::uint64_t kBytes = 8 << 20;

UniqueFd memory_file(std::uint64_t bytes) {
  UniqueFd file(memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(bytes)), 0);
  return file;
}

Mapping map(const UniqueFd& file, std::uint64_t bytes, Mapping::Access access = Mapping::Access::read_write) {
  return Mapping::map(file.get(), bytes, access).value();
}

std::uint64_t virtual_pages() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages;
}

bool is_aligned(const Mapping& mapping) {
  return reinterpret_cast<std::uintptr_t>(mapping.bytes().data()) % kHugePageBytes == 0;
}

TEST(MappingPlace, LargeMappingsStartOnAHugePage) {
  for (const std::uint64_t bytes : {kHugePageBytes, kHugePageBytes + 1, kBytes, kBytes + 12'345}) {
    const UniqueFd file = memory_file(bytes);
    const Mapping first = map(file, bytes), second = map(file, bytes);
    EXPECT_TRUE(is_aligned(first) && is_aligned(second)) << bytes;
    first.bytes()[bytes - 1] = std::byte{7};
    EXPECT_EQ(second.bytes()[bytes - 1], std::byte{7});
  }
}

TEST(MappingPlace, NothingOfTheRoomForAlignmentIsKept) {
  const UniqueFd file = memory_file(kBytes + 4097);
  const std::uint64_t before = virtual_pages();
  for (int i = 0; i < 200; ++i) (void)map(file, kBytes + 4097);
  // Half of what would be left behind; a heap may reserve some of its own meanwhile.
  EXPECT_LT(virtual_pages(), before + 100 * kHugePageBytes / 4096);
}

TEST(MappingPlace, FileThatIsTooShortIsRefused) {
  const UniqueFd file = memory_file(kBytes);
  EXPECT_EQ(Mapping::map(file.get(), kBytes + 1, Mapping::Access::read_only).status().code(),
            StatusCode::invalid_argument);
}

constexpr char kSmaps[] =
    "7f0000000000-7f0000400000 rw-s 00000000 00:1a 77 /dev/shm/pool\n"
    "Size:               4096 kB\n"
    "Rss:                3072 kB\n"
    "Pss:                3072 kB\n"
    "AnonHugePages:         0 kB\n"
    "ShmemPmdMapped:     2048 kB\n"
    "FilePmdMapped:         0 kB\n"
    "VmFlags: rd wr sh mr mw me ms\n"
    "7f0000400000-7f0000600000 rw-s 00400000 00:1a 77 /dev/shm/pool\n"
    "Rss:                2048 kB\n"
    "FilePmdMapped:      2048 kB\n"
    "7f0000600000-7f0000700000 rw-p 00000000 00:00 0\n"
    "Rss:                1024 kB\n"
    "AnonHugePages:      1024 kB\n";

TEST(MappingUse, SumsTheMappingsThatLieInTheRange) {
  std::istringstream smaps(kSmaps);
  const auto use = read_mapping_use(smaps, 0x7f0000000000, 0x7f0000600000);
  ASSERT_TRUE(use.is_ok());
  EXPECT_EQ(use->mapped_bytes, 6u << 20);
  EXPECT_EQ(use->present_bytes, 5u << 20);
  EXPECT_EQ(use->huge_bytes, 4u << 20);
  EXPECT_EQ(use->page_table_bytes(), 256u * 8);
}

TEST(MappingUse, TextThatIsNoSmapsIsAnError) {
  for (const char* text : {"", "nothing\n", "Rss: 12 kB\n", "7f00-xyz rw-s\n", "7f00-\n"}) {
    std::istringstream smaps(text);
    EXPECT_EQ(read_mapping_use(smaps, 0, ~std::uintptr_t{0}).status().code(), StatusCode::internal) << text;
  }
}

TEST(MappingUse, PagesCountFromWhenTheyAreTouched) {
  const UniqueFd file = memory_file(kBytes);
  const Mapping mapping = map(file, kBytes);
  EXPECT_EQ(measure_mapping(mapping.bytes())->present_bytes, 0u);
  mapping.bytes()[0] = std::byte{1};
  mapping.bytes()[kBytes / 2] = std::byte{1};
  const MappingUse use = measure_mapping(mapping.bytes()).value();
  EXPECT_GE(use.present_bytes, 2u * 4096);
  EXPECT_EQ(use.mapped_bytes, kBytes);
}

TEST(HugePageSetting, IsWhatIsSelected) {
  TempDir sysfs;
  EXPECT_EQ(huge_page_setting(sysfs.path().string()), "none");
  const auto folder = sysfs.path() / "kernel/mm/transparent_hugepage";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "enabled") << "always [madvise] never\n";
  EXPECT_EQ(huge_page_setting(sysfs.path().string()), "madvise");
  std::ofstream(folder / "shmem_enabled") << "always within_size [advise] never deny force\n";
  EXPECT_EQ(huge_page_setting(sysfs.path().string()), "madvise, shmem advise");
}

class Populate : public testing::Test {
 protected:
  Populate() {
    for (std::size_t i = 0; i < kBytes; i += 512) mapping_.bytes()[i] = static_cast<std::byte>(i / 512);
  }
  void expect_contents(const Mapping& mapping) {
    for (std::size_t i = 0; i < kBytes; i += 512) ASSERT_EQ(mapping.bytes()[i], static_cast<std::byte>(i / 512));
  }

  UniqueFd file_ = memory_file(kBytes);
  Mapping mapping_ = map(file_, kBytes);
};

TEST_F(Populate, MapsAllInWithoutChangingAByte) {
  const Mapping fresh = map(file_, kBytes);
  const PopulateResult result = populate(fresh.bytes(), {.writable = true});
  if (result.error == EINVAL) GTEST_SKIP() << "this kernel cannot populate";
  EXPECT_EQ(result.error, 0);
  EXPECT_EQ(measure_mapping(fresh.bytes())->present_bytes, kBytes);
  expect_contents(fresh);
}

TEST_F(Populate, ReadOnlyMappingIsMappedInForReading) {
  const Mapping fresh = map(file_, kBytes, Mapping::Access::read_only);
  const PopulateResult result = populate(fresh.bytes(), {});
  if (result.error == EINVAL) GTEST_SKIP() << "this kernel cannot populate";
  EXPECT_EQ(measure_mapping(fresh.bytes())->present_bytes, kBytes);
  EXPECT_NE(populate(fresh.bytes(), {.writable = true}).error, 0) << "it cannot be written";
}

TEST_F(Populate, CollapsedMemoryIsOnHugePagesForEveryMapping) {
  const PopulateResult result = populate(mapping_.bytes(), {.writable = true, .collapse = true});
  if (result.collapse_failures > 0 || result.error != 0)
    GTEST_SKIP() << "no huge pages here: " << strerror(result.collapse_error);
  EXPECT_EQ(measure_mapping(mapping_.bytes())->huge_bytes, kBytes);
  expect_contents(mapping_);
  const Mapping reader = map(file_, kBytes, Mapping::Access::read_only);
  ASSERT_EQ(populate(reader.bytes(), {}).error, 0);
  EXPECT_EQ(measure_mapping(reader.bytes())->huge_bytes, kBytes);
  EXPECT_EQ(measure_mapping(reader.bytes())->page_table_bytes(), 0u);
}

TEST_F(Populate, WarmerGetsToTheEndAndSaysSo) {
  const UniqueFd file = memory_file(5 * kBytes + 4096);
  const Mapping mapping = map(file, 5 * kBytes + 4096);
  std::atomic<int> ends = 0;
  const MemoryWarmer warmer(mapping.bytes(), {.writable = true}, [&](const auto& progress) {
    EXPECT_TRUE(progress.ended);
    ++ends;
  });
  ASSERT_TRUE(eventually([&] { return ends == 1; }));
  if (warmer.progress().error == EINVAL) GTEST_SKIP() << "this kernel cannot populate";
  EXPECT_EQ(warmer.progress().done_bytes, mapping.bytes().size());
  EXPECT_EQ(warmer.progress().total_bytes, mapping.bytes().size());
  EXPECT_EQ(measure_mapping(mapping.bytes())->present_bytes, mapping.bytes().size());
}

TEST_F(Populate, WarmerEndsWithTheErrorThatStopsIt) {
  const Mapping readable = map(file_, kBytes, Mapping::Access::read_only);
  std::atomic<int> error = 0;
  const MemoryWarmer warmer(readable.bytes(), {.writable = true},
                            [&](const auto& progress) { error = progress.error; });
  ASSERT_TRUE(eventually([&] { return error != 0; }));
  EXPECT_EQ(warmer.progress().done_bytes, 0u);
}

TEST_F(Populate, WarmerThatIsNoLongerWantedStops) {
  const UniqueFd file = memory_file(std::uint64_t{64} << 20);
  for (int i = 0; i < 20; ++i) {
    const Mapping mapping = map(file, std::uint64_t{64} << 20);
    const MemoryWarmer warmer(mapping.bytes(), {});
  }
}

TEST(MemoryWarmer, WithoutMemoryHasNothingToDo) {
  const MemoryWarmer warmer;
  EXPECT_EQ(warmer.progress().total_bytes, 0u);
}

}  // namespace
}  // namespace memo::test
