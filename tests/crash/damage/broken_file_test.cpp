// Pools whose file is truncated or may not be written, and file systems that are full.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "memod/store/pool/format/layout.h"
#include "tests/crash/examiner.h"
#include "tests/crash/in_child.h"
#include "tests/support/child_process.h"
#include "tests/support/pool/pool_image.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::uint64_t kBytes = layout::kMinPoolBytes;
constexpr char kNotAllowed[] = "not allowed";  // to mount; not a finding

Result<std::unique_ptr<Store>> create(const std::string& path) {
  StoreOptions options = examined(path);
  options.create_bytes = kBytes;
  return Store::open(options);
}

// "code: message" of an open that must not succeed.
std::string refusal(const Result<std::unique_ptr<Store>>& store) {
  if (store) return "opened";
  return fmt::format("{}: {}", to_string(store.status().code()), store.status().message());
}

class BrokenFile : public testing::Test {
 protected:
  BrokenFile() {
    const auto store = std::move(create(path_).value());
    for (std::uint64_t number = 0; number < 40; ++number) EXPECT_TRUE(publish(*store, {0, number}).is_ok());
  }

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
};

TEST_F(BrokenFile, TruncatedToAnyLengthIsRefused) {
  const PoolImage image(path_);
  std::vector<std::uint64_t> lengths = {0, 1, 8, 4095, 4096, 8191, 8192, 12288, kBytes - 4096, kBytes - 1};
  for (std::uint64_t length = 1 << 18; length < kBytes; length += 3 << 18) lengths.push_back(length);
  for (const std::uint64_t length : lengths) {
    image.restore(path_);
    std::filesystem::resize_file(path_, length);
    const std::string answer = in_child([&] { return refusal(Store::open(examined(path_))); });
    EXPECT_EQ(answer.find("corrupt: " + path_), 0u) << length << " bytes: " << answer;
  }
}

TEST_F(BrokenFile, LargePoolThatLostItsEndIsRefused) {
  std::filesystem::remove(path_);
  {
    StoreOptions options = examined(path_);
    options.create_bytes = 4 * kBytes;
    ASSERT_TRUE(Store::open(options).is_ok());
  }
  for (std::uint64_t length = 4 * kBytes - 1; length > kBytes; length -= kBytes / 4) {
    std::filesystem::resize_file(path_, length);
    const std::string answer = in_child([&] { return refusal(Store::open(examined(path_))); });
    EXPECT_EQ(answer.find("corrupt: " + path_), 0u) << length << " bytes: " << answer;
  }
}

TEST_F(BrokenFile, ReadOnlyFileIsRefusedNamingThePermission) {
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
  const std::string answer = in_child([&] {
    if (geteuid() == 0 && (chown(path_.c_str(), 65534, 65534) != 0 || chmod(folder_.path().c_str(), 0755) != 0 ||
                           setuid(65534) != 0))
      return std::string("cannot give up being root");
    return refusal(Store::open(examined(path_)));
  });
  EXPECT_NE(answer.find("invalid_argument: no permission"), std::string::npos) << answer;
}

TEST(FullDisk, FileSizeLimitAtCreationIsFullAndLeavesNoFile) {
  const TempDir folder(fast_folder());
  const std::string answer = in_child([&] {
    const rlimit limit = {kBytes / 2, kBytes / 2};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return std::string("no limit");
    return refusal(create(folder.file("pool")));
  });
  EXPECT_EQ(answer.find("full: "), 0u) << answer;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FullDisk, DaemonUnderAFileSizeLimitSaysWhatIsWrong) {
  const TempDir folder;
  const std::string command = fmt::format("ulimit -f 1024; exec {} --pool {} --size 16MiB --listen unix:{}",
                                          program("memod"), folder.file("pool"), folder.file("socket"));
  const Finished daemon = run({"/bin/sh", "-c", command}, folder.path().string());
  EXPECT_EQ(daemon.exit_code, 1);
  EXPECT_NE(daemon.errors.find("pass a smaller --size"), std::string::npos) << daemon.errors;
}

// Runs `work` where a new file system of `bytes` is mounted on the folder, for the child alone.
std::string on_small_disk(const std::string& folder, std::uint64_t bytes,
                          const std::function<std::string()>& work) {
  return in_child([&]() -> std::string {
    const int flags = geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
    if (unshare(flags) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", folder.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()) != 0)
      return kNotAllowed;
    return work();
  });
}

TEST(FullDisk, DiskThatIsTooSmallIsFullAndKeepsNoFile) {
  const TempDir folder;
  const std::string answer = on_small_disk(folder.path(), kBytes / 2, [&] {
    const std::string refused = refusal(create(folder.file("pool")));
    return std::filesystem::is_empty(folder.path()) ? refused : "a file is left";
  });
  if (answer == kNotAllowed) GTEST_SKIP() << "mounting a file system is not allowed here";
  EXPECT_EQ(answer.find("full: "), 0u) << answer;
}

void fill_disk(const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string block(4096, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

TEST(FullDisk, DiskThatFillsUpDoesNotHurtAnOpenPool) {
  const TempDir folder;
  const std::string answer = on_small_disk(folder.path(), kBytes + (1 << 20), [&]() -> std::string {
    const std::string path = folder.file("pool");
    Ledger ledger;
    {
      const auto store = std::move(create(path).value());
      fill_disk(folder.file("filler"));
      for (std::uint64_t number = 0; publish(*store, {2, number}); ++number)
        ledger.set({2, number}, Presence::must);
    }
    const Verdict verdict = examine(path, ledger);
    return verdict.hits > 500 ? verdict.text() : fmt::format("{} memos: {}", verdict.hits, verdict.text());
  });
  if (answer == kNotAllowed) GTEST_SKIP() << "mounting a file system is not allowed here";
  EXPECT_EQ(answer, "");
}

}  // namespace
}  // namespace memo::test
