// A pool whose process died at any instruction of a transaction passes the examination before the next opening: a state
// that libpmemobj recovers from is never taken for damage.
//
// A child is stepped from the begin of each transaction to its call's return; the parent examines the file, which both
// see, while it stands still.
// --step=N examines after every Nth instruction.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

#include "client/protocol/unique_fd.h"
#include "memod/store/pool/examine/examine.h"
#include "memod/store/pool/pool.h"
#include "tests/crash/memo_model.h"
#include "tests/support/pool/pool_image.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

std::uint64_t step = 29;  // set by main

// How the child tells its parent what to do.
constexpr int kStep = SIGUSR1;
constexpr int kRun = SIGUSR2;

class StepsTransactions : public PersistObserver {
 public:
  void storing(std::uint64_t, std::span<const std::byte>) override {}
  void flushed(std::uint64_t, std::uint64_t) override {}
  void fenced() override {}
  void beginning(const char*) override { raise(kStep); }
  void committing(const char*) override {}
  void committed(const char*) override {}
};

class EveryInstant : public testing::Test {
 protected:
  EveryInstant() {
    const auto pool = Pool::open({.path = path_, .create_bytes = layout::kMinPoolBytes});
    EXPECT_TRUE(pool.is_ok());
    for (const std::uint32_t space : {0u, 1u}) EXPECT_TRUE((*pool)->add_space(model_space(space)).is_ok());
    for (const std::uint32_t space : {0u, 1u, 0u}) EXPECT_TRUE((*pool)->add_extent(SpaceId{space}).is_ok());
  }

  // The process that is stepped. Its first transaction is not: it loads and binds what all others use.
  [[noreturn]] void act(const std::function<void(Pool&)>& work) const {
    const auto pool = Pool::open({.path = path_, .observer = std::make_shared<StepsTransactions>()});
    if (!pool || ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(EXIT_FAILURE);
    raise(kRun);
    (*pool)->set_quota(SpaceId{0}, 1 << 20);
    work(**pool);
    _exit(EXIT_SUCCESS);
  }

  // Examines the pool after every `step`th instruction of the transactions of `work`, which raises kRun after each.
  void follow(const std::function<void(Pool&)>& work) const {
    const pid_t child = fork();
    if (child == 0) act(work);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSTOPPED(status)) << "the child cannot be stepped";
    const UniqueFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    const BackedFile backing = inspect_file(file.get()).value();
    std::uint64_t instructions = 0;
    bool stepping = false;
    while (WIFSTOPPED(status)) {
      if (WSTOPSIG(status) == kStep || WSTOPSIG(status) == kRun) stepping = WSTOPSIG(status) == kStep;
      if (stepping && instructions++ % step == 0) {
        const Status sound = examine_pool(file.get(), backing, path_);
        if (!sound) ADD_FAILURE() << "after instruction " << instructions << ": " << sound.message();
        if (testing::Test::HasFailure()) break;
      }
      ptrace(stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, child, nullptr, nullptr);
      waitpid(child, &status, 0);
    }
    if (WIFSTOPPED(status)) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return;
    }
    EXPECT_EQ(status, 0);
    EXPECT_GT(instructions, 1000u);
    fmt::print("{} instructions\n", instructions);
  }

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
};

TEST_F(EveryInstant, OfAddingASpace) {
  follow([](Pool& pool) {
    (void)pool.add_space(model_space(2));
    raise(kRun);
  });
}

TEST_F(EveryInstant, OfAddingAndRemovingExtents) {
  follow([](Pool& pool) {
    const auto add = [&pool](std::uint32_t space, std::uint64_t bytes) {
      const auto extent = pool.add_extent(SpaceId{space}, bytes);
      raise(kRun);
      if (!extent) _exit(EXIT_FAILURE);
      return *extent;
    };
    const std::uint32_t first = add(1, 2 << 20);
    const std::uint32_t second = add(0, 2 << 20);
    // Beside used and free neighbours, on both sides.
    for (const std::uint32_t extent : {1u, 0u, second, first}) {
      const Status removed = pool.remove_extent(extent);
      raise(kRun);
      if (!removed) _exit(EXIT_FAILURE);
    }
    (void)add(1, 4 << 20);
  });
}

}  // namespace
}  // namespace memo::test

int main(int argc, char** argv) {
  memo::emulate_persistent_memory();
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i)
    if (std::strncmp(argv[i], "--step=", 7) == 0) memo::test::step = std::strtoull(argv[i] + 7, nullptr, 10);
  return RUN_ALL_TESTS();
}
