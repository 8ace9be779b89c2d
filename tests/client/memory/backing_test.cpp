// What a file lies on: real files, and a sysfs made up, for there is no DAX device where tests run.
#include "client/memory/backing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/protocol/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;

class Sysfs : public testing::Test {
 protected:
  // The device 252:3 of this subsystem.
  fs::path make_device(const std::string& subsystem) {
    const fs::path device = folder_.path() / "devices" / "dax0.3";
    fs::create_directories(device);
    fs::create_directories(folder_.path() / "bus" / subsystem);
    fs::create_directories(folder_.path() / "dev" / "char");
    fs::create_symlink(folder_.path() / "bus" / subsystem, device / "subsystem");
    fs::create_directory_symlink(device, folder_.path() / "dev" / "char" / "252:3");
    return device;
  }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text << "\n";
  }
  Result<DaxDevice> find() { return find_dax_device(makedev(252, 3), folder_.path().string()); }

  TempDir folder_;
};

TEST_F(Sysfs, DeviceHasItsSizeAlignmentAndNode) {
  const fs::path device = make_device("dax");
  write(device / "size", "135291469824");
  write(device / "align", "1073741824");
  write(device / "numa_node", "1");
  const auto found = find();
  ASSERT_TRUE(found.is_ok()) << found.status().message();
  EXPECT_EQ(found->bytes, 135'291'469'824u);
  EXPECT_EQ(found->alignment, 1u << 30);
  EXPECT_EQ(found->numa_node, 1);
}

TEST_F(Sysfs, OlderKernelsKeepTheAlignmentWithTheRegion) {
  const fs::path device = make_device("dax");
  write(device / "size", "1073741824");
  write(device / "dax_region" / "align", "4096");
  EXPECT_EQ(find()->alignment, 4096u);
}

TEST_F(Sysfs, WithoutAnAlignmentItIsTwoMebibytesAndWithoutANodeNone) {
  const fs::path device = make_device("dax");
  write(device / "size", "1073741824");
  write(device / "numa_node", "-1");
  const auto found = find();
  ASSERT_TRUE(found.is_ok());
  EXPECT_EQ(found->alignment, kHugePageBytes);
  EXPECT_FALSE(found->numa_node.has_value());
}

TEST_F(Sysfs, DeviceOfAnotherSubsystemIsNoDaxDevice) {
  write(make_device("tty") / "size", "1073741824");
  EXPECT_EQ(find().status().code(), StatusCode::invalid_argument);
}

TEST_F(Sysfs, UnknownDeviceIsNoDaxDevice) {
  EXPECT_EQ(find().status().code(), StatusCode::invalid_argument);
}

TEST_F(Sysfs, SizesAndAlignmentsThatCannotBeAreCorrupt) {
  const fs::path device = make_device("dax");
  for (const auto& [size, alignment] :
       {std::pair("0", "2097152"), std::pair("many", "2097152"), std::pair("1073741824", "3000000"),
        std::pair("1073741824", "512"), std::pair("1073745920", "2097152"), std::pair("1073741824", "0")}) {
    write(device / "size", size);
    write(device / "align", alignment);
    EXPECT_EQ(find().status().code(), StatusCode::corrupt) << size << " in pages of " << alignment;
  }
}

TEST(InspectFile, MemoryFileIsMemory) {
  const UniqueFd file(memfd_create("test", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(file.get(), 12'345), 0);
  const auto found = inspect_file(file.get());
  ASSERT_TRUE(found.is_ok());
  EXPECT_EQ(found->backing, Backing::memory);
  EXPECT_EQ(found->bytes, 12'345u);
}

TEST(InspectFile, FileOfAFileSystemIsOnDisk) {
  const UniqueFd file(open("/proc/self/exe", O_RDONLY));
  const auto found = inspect_file(file.get());
  ASSERT_TRUE(found.is_ok());
  if (found->backing != Backing::disk) GTEST_SKIP() << "the build lies in memory or on DAX";
  EXPECT_EQ(found->bytes, fs::file_size("/proc/self/exe"));
}

TEST(InspectFile, OtherDevicesPipesAndFoldersAreRefused) {
  for (const char* path : {"/dev/null", "/dev/zero", "/"}) {
    const UniqueFd file(open(path, O_RDONLY));
    EXPECT_EQ(inspect_file(file.get()).status().code(), StatusCode::invalid_argument) << path;
  }
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(inspect_file(ends[0]).status().code(), StatusCode::invalid_argument);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace memo::test
