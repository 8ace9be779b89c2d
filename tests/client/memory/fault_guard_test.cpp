// Files that lose their pages while they are mapped.
#include "client/memory/fault_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "client/protocol/mapping.h"
#include "client/protocol/unique_fd.h"
#include "tests/support/exit_of_child.h"

namespace memo {
namespace {

using test::exit_of_child;

constexpr std::uint64_t kBytes = 1 << 20;
constexpr std::size_t kPage = 4096;

// Whether the child died of SIGBUS. A sanitizer ends it in its own way, and in any case before its work is done.
bool is_killed(int code) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  return code != 0 && code != 7 && code != 8;
#else
  return code == 128 + SIGBUS;
#endif
}

// A file of ones, mapped.
class ShrinkingFile {
 public:
  ShrinkingFile() {
    const std::vector<std::byte> ones(kBytes, std::byte{1});
    EXPECT_EQ(::write(file_.get(), ones.data(), ones.size()), static_cast<ssize_t>(ones.size()));
    mapping_ = Mapping::map(file_.get(), kBytes, Mapping::Access::read_write).value();
  }
  std::span<std::byte> bytes() const { return mapping_.bytes(); }
  std::byte at(std::size_t offset) const { return static_cast<volatile std::byte&>(bytes()[offset]); }
  void shrink_to(std::uint64_t bytes) const { EXPECT_EQ(::ftruncate(file_.get(), static_cast<off_t>(bytes)), 0); }

 private:
  UniqueFd file_{::memfd_create("test", MFD_CLOEXEC)};
  Mapping mapping_;
};

TEST(FaultGuard, ZerosStandInForTheWholeRange) {
  const ShrinkingFile file;
  const FaultGuard sut(file.bytes(), FaultGuard::OnFault::zeros_everywhere);
  EXPECT_FALSE(sut.has_faulted());
  file.shrink_to(kBytes / 2);
  EXPECT_EQ(file.at(0), std::byte{1});  // is still there
  EXPECT_FALSE(sut.has_faulted());
  EXPECT_EQ(file.at(kBytes - 1), std::byte{0});
  EXPECT_TRUE(sut.has_faulted());
  EXPECT_EQ(file.at(0), std::byte{0});
}

TEST(FaultGuard, ZerosStandInForWhatFollows) {
  const ShrinkingFile file;
  const FaultGuard sut(file.bytes(), FaultGuard::OnFault::zeros_from_there);
  file.shrink_to(4 * kPage);
  EXPECT_EQ(file.at(8 * kPage + 5), std::byte{0});
  EXPECT_EQ(file.at(kBytes - 1), std::byte{0});
  EXPECT_EQ(file.at(4 * kPage), std::byte{0});  // a fault of its own
  EXPECT_EQ(file.at(4 * kPage - 1), std::byte{1});
  file.bytes()[kBytes - 1] = std::byte{7};  // can be written, for whoever was about to
  EXPECT_EQ(file.at(kBytes - 1), std::byte{7});
}

TEST(FaultGuard, ProcessEndsWithALine) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(exit_of_child([&] {
              ::dup2(ends[1], STDERR_FILENO);
              const ShrinkingFile file;
              const FaultGuard sut(file.bytes(), FaultGuard::OnFault::end_process, "memod: the pool is gone\n");
              file.shrink_to(0);
              return file.at(0) == std::byte{1} ? 7 : 8;
            }),
            1);
  ::close(ends[1]);
  char text[100] = {};
  EXPECT_GT(::read(ends[0], text, sizeof(text) - 1), 0);
  EXPECT_STREQ(text, "memod: the pool is gone\n");
  ::close(ends[0]);
}

TEST(FaultGuard, FaultElsewhereKillsAsBefore) {
  EXPECT_TRUE(is_killed(exit_of_child([] {
    const ShrinkingFile guarded, other;
    const FaultGuard sut(guarded.bytes(), FaultGuard::OnFault::zeros_everywhere);
    other.shrink_to(0);
    return other.at(0) == std::byte{1} ? 7 : 8;
  })));
}

TEST(FaultGuard, RangeThatIsNoLongerGuardedKillsAsBefore) {
  EXPECT_TRUE(is_killed(exit_of_child([] {
    const ShrinkingFile file;
    { const FaultGuard sut(file.bytes(), FaultGuard::OnFault::zeros_everywhere); }
    file.shrink_to(0);
    return file.at(0) == std::byte{1} ? 7 : 8;
  })));
}

TEST(FaultGuard, HandlerThatWasThereBeforeGetsTheOthers) {
  EXPECT_EQ(exit_of_child([] {
              ::signal(SIGBUS, [](int) { ::_exit(9); });
              const ShrinkingFile guarded, other;
              const FaultGuard sut(guarded.bytes(), FaultGuard::OnFault::zeros_everywhere);
              guarded.shrink_to(0);
              if (guarded.at(0) != std::byte{0}) return 1;
              other.shrink_to(0);
              return static_cast<int>(other.at(0));
            }),
            9);
}

// Whoever has read zeros finds the word behind them gone, too: that is what View::intact() rests on.
TEST(FaultGuard, NobodyReadsZerosBesideAWordThatStands) {
  for (int round = 0; round < 20; ++round) {
    const ShrinkingFile file;
    const FaultGuard sut(file.bytes(), FaultGuard::OnFault::zeros_everywhere);
    std::atomic<bool> go = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> readers;
    for (std::size_t reader = 0; reader < 4; ++reader)
      readers.emplace_back([&, reader] {
        go.wait(false);
        for (std::size_t page = reader; page < kBytes / kPage - 1; page += 3) {
          const bool is_zero = file.at(page * kPage) == std::byte{0};
          std::atomic_thread_fence(std::memory_order_acquire);
          wrong += is_zero && file.at(0) != std::byte{0};
        }
      });
    go = true;
    go.notify_all();
    file.shrink_to(kPage * static_cast<std::uint64_t>(1 + round * 7));
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(wrong, 0);
  }
}

}  // namespace
}  // namespace memo
