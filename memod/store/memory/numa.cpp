#include "memod/store/memory/numa.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "client/settings/number_list.h"

namespace memo {
namespace {

constexpr int kMaxNodes = 1024;  // as the kernel is built at most
constexpr int kWordBits = sizeof(unsigned long) * CHAR_BIT;

// What the system calls take.
struct KernelPolicy {
  int mode = MPOL_DEFAULT;
  std::array<unsigned long, kMaxNodes / kWordBits> nodes{};

  void add(int node) { nodes[static_cast<std::size_t>(node / kWordBits)] |= 1ul << node % kWordBits; }
};

KernelPolicy kernel_policy(const NumaPolicy& policy, std::span<const int> nodes) {
  KernelPolicy kernel;
  if (policy.kind == NumaPolicy::Kind::node) {
    kernel.mode = MPOL_BIND;
    kernel.add(policy.node);
  } else if (policy.kind == NumaPolicy::Kind::interleave) {
    kernel.mode = MPOL_INTERLEAVE;
    for (const int node : nodes) kernel.add(node);
  }
  return kernel;
}

// A kernel without NUMA has one node and lacks the call.
Status checked(long result, std::span<const int> nodes, std::string_view what) {
  if (result == 0 || (errno == ENOSYS && nodes.size() == 1)) return Status::ok();
  return {StatusCode::internal, fmt::format("numa: {}: {}", what, std::strerror(errno))};
}

std::string list(std::span<const int> nodes) {
  return fmt::format("{}", fmt::join(nodes, ","));
}

}  // namespace

Result<NumaPolicy> parse_numa_policy(std::string_view text) {
  if (text == "default") return NumaPolicy{};
  if (text == "interleave") return NumaPolicy{.kind = NumaPolicy::Kind::interleave};
  if (const auto node = parse_number(text, kMaxNodes))
    return NumaPolicy{.kind = NumaPolicy::Kind::node, .node = *node};
  return Status(StatusCode::invalid_argument,
                fmt::format("must be the number of a node, interleave or default, not \"{}\"", text));
}

Result<std::vector<int>> parse_node_list(std::string_view text) {
  auto nodes = parse_number_list(text, kMaxNodes);
  if (!nodes) return Status(StatusCode::internal, fmt::format("\"{}\" is no list of nodes", text));
  return *std::move(nodes);
}

Result<std::vector<int>> numa_nodes(const std::string& sysfs) {
  std::string text;
  for (const char* name : {"has_memory", "online"})
    if (std::getline(std::ifstream(sysfs + "/devices/system/node/" + name), text) && !text.empty())
      return parse_node_list(text);
  return std::vector<int>{0};
}

Status check_numa_policy(const NumaPolicy& policy, std::span<const int> nodes) {
  if (policy.kind != NumaPolicy::Kind::node || std::find(nodes.begin(), nodes.end(), policy.node) != nodes.end())
    return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("numa: node {} does not exist or has no memory; this machine has node{} {}", policy.node,
                      nodes.size() == 1 ? "" : "s", list(nodes))};
}

Status set_numa_policy(const NumaPolicy& policy, std::span<const int> nodes) {
  if (policy.kind == NumaPolicy::Kind::system) return Status::ok();  // keeps memod's inherited policy
  const KernelPolicy kernel = kernel_policy(policy, nodes);
  return checked(::syscall(SYS_set_mempolicy, kernel.mode, kernel.nodes.data(), kMaxNodes + 1), nodes,
                 "set_mempolicy");
}

Status bind_memory(const NumaPolicy& policy, std::span<const int> nodes, std::span<std::byte> memory) {
  if (policy.kind == NumaPolicy::Kind::system) return Status::ok();
  const KernelPolicy kernel = kernel_policy(policy, nodes);
  return checked(::syscall(SYS_mbind, memory.data(), memory.size(), kernel.mode, kernel.nodes.data(),
                           kMaxNodes + 1, MPOL_MF_MOVE),
                 nodes, "mbind");
}

std::string describe(const NumaPolicy& policy, std::span<const int> nodes) {
  const std::string all = nodes.size() == 1 ? "the only one" : "of " + list(nodes);
  switch (policy.kind) {
    case NumaPolicy::Kind::node:
      return fmt::format("node {}{}{}", policy.node, nodes.size() == 1 ? ", " : " ", all);
    case NumaPolicy::Kind::interleave:
      return nodes.size() == 1 ? fmt::format("interleaved, but node {} is {}", nodes[0], all)
                               : "interleaved over " + list(nodes);
    case NumaPolicy::Kind::system:
      break;
  }
  return nodes.size() == 1 ? "default, one node" : fmt::format("default, {} nodes", nodes.size());
}

}  // namespace memo
