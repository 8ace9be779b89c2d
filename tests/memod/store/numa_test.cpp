// NUMA: what is asked for, what the machine has, and what the kernel then says.
#include "memod/store/memory/numa.h"

#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

using Nodes = std::vector<int>;
using Kind = NumaPolicy::Kind;

TEST(NumaPolicy, IsANodeInterleaveOrDefault) {
  EXPECT_EQ(parse_numa_policy("default")->kind, Kind::system);
  EXPECT_EQ(parse_numa_policy("interleave")->kind, Kind::interleave);
  EXPECT_EQ(parse_numa_policy("3")->kind, Kind::node);
  EXPECT_EQ(parse_numa_policy("3")->node, 3);
  for (const char* text : {"", "-1", "1.5", "one", "0,1", "1 ", "99999", "99999999999999999999"}) {
    const auto parsed = parse_numa_policy(text);
    EXPECT_EQ(parsed.status().code(), StatusCode::invalid_argument) << text;
    EXPECT_NE(parsed.status().message().find("interleave"), std::string::npos);
  }
}

TEST(NumaNodes, ListsHaveRangesAndNumbers) {
  EXPECT_EQ(parse_node_list("0").value(), Nodes({0}));
  EXPECT_EQ(parse_node_list("0-2,5,7-8").value(), Nodes({0, 1, 2, 5, 7, 8}));
  for (const char* text : {"x", "0-", "-1", "0,,1", "1-x"}) EXPECT_FALSE(parse_node_list(text).is_ok()) << text;
}

TEST(NumaNodes, AreThoseWithMemory) {
  TempDir sysfs;
  EXPECT_EQ(numa_nodes(sysfs.path().string()).value(), Nodes({0}));
  const auto folder = sysfs.path() / "devices/system/node";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "online") << "0-3\n";
  EXPECT_EQ(numa_nodes(sysfs.path().string()).value(), Nodes({0, 1, 2, 3}));
  std::ofstream(folder / "has_memory") << "0,2\n";
  EXPECT_EQ(numa_nodes(sysfs.path().string()).value(), Nodes({0, 2}));
}

TEST(NumaPolicy, NodeThatDoesNotExistIsRefusedByName) {
  EXPECT_TRUE(check_numa_policy({.kind = Kind::node, .node = 2}, Nodes{0, 2}).is_ok());
  EXPECT_TRUE(check_numa_policy({.kind = Kind::interleave}, Nodes{0}).is_ok());
  const Status status = check_numa_policy({.kind = Kind::node, .node = 1}, Nodes{0, 2});
  EXPECT_EQ(status.code(), StatusCode::invalid_argument);
  EXPECT_NE(status.message().find("node 1"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("0,2"), std::string::npos) << status.message();
}

TEST(NumaPolicy, DescriptionSaysWhenThereIsNoChoice) {
  EXPECT_EQ(describe({.kind = Kind::node, .node = 0}, Nodes{0}), "node 0, the only one");
  EXPECT_EQ(describe({.kind = Kind::node, .node = 1}, Nodes{0, 1}), "node 1 of 0,1");
  EXPECT_EQ(describe({.kind = Kind::interleave}, Nodes{0, 1}), "interleaved over 0,1");
  EXPECT_EQ(describe({.kind = Kind::interleave}, Nodes{0}), "interleaved, but node 0 is the only one");
  EXPECT_EQ(describe({}, Nodes{0}), "default, one node");
}

// The kernel's policy of the memory at `address`, or of the calling thread.
int kernel_mode(void* address = nullptr) {
  int mode = -1;
  ::syscall(SYS_get_mempolicy, &mode, nullptr, 0, address, address == nullptr ? 0 : MPOL_F_ADDR);
  return mode;
}

class NumaOfThisMachine : public testing::Test {
 protected:
  void SetUp() override {
    if (kernel_mode() < 0) GTEST_SKIP() << "this kernel has no NUMA, or no leave to ask about it";
  }
  const Nodes nodes_ = numa_nodes().value();
};

TEST_F(NumaOfThisMachine, ThreadGetsThePolicyAndThoseItStartsInheritIt) {
  std::thread([this] {  // leaves the policy of the test's thread alone
    ASSERT_TRUE(set_numa_policy({}, nodes_).is_ok());
    EXPECT_EQ(kernel_mode(), MPOL_DEFAULT);
    const Status set = set_numa_policy({.kind = Kind::node, .node = nodes_[0]}, nodes_);
    ASSERT_TRUE(set.is_ok()) << set.message();
    EXPECT_EQ(kernel_mode(), MPOL_BIND);
    std::thread([] { EXPECT_EQ(kernel_mode(), MPOL_BIND); }).join();
  })
      .join();
}

TEST_F(NumaOfThisMachine, MemoryGetsThePolicy) {
  constexpr std::size_t kBytes = 1 << 20;
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const std::span<std::byte> bytes(static_cast<std::byte*>(memory), kBytes);
  bytes[0] = std::byte{1};  // a page that is there already
  const Status bound = bind_memory({.kind = Kind::interleave}, nodes_, bytes);
  ASSERT_TRUE(bound.is_ok()) << bound.message();
  EXPECT_EQ(kernel_mode(memory), MPOL_INTERLEAVE);
  ASSERT_TRUE(bind_memory({.kind = Kind::node, .node = nodes_[0]}, nodes_, bytes).is_ok());
  EXPECT_EQ(kernel_mode(memory), MPOL_BIND);
  EXPECT_EQ(bytes[0], std::byte{1});
  munmap(memory, kBytes);
}

TEST_F(NumaOfThisMachine, NodeThatTheKernelDoesNotHaveIsAnError) {
  const NumaPolicy policy{.kind = Kind::node, .node = 1000};
  std::thread([&] { EXPECT_EQ(set_numa_policy(policy, nodes_).code(), StatusCode::internal); }).join();
}

}  // namespace
}  // namespace memo::test
