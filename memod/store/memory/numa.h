// NUMA: the memory nodes on which a pool, and what memod keeps beside it, lie.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"

namespace memo {

struct NumaPolicy {
  enum class Kind {
    system,      // the system's default: a page lies where the thread that first touches it runs
    node,        // one node only
    interleave,  // page by page over all nodes
  };
  Kind kind = Kind::system;
  int node = 0;  // for Kind::node
};

// "default", "interleave", or the number of a node. Errors: invalid_argument, saying what is expected.
Result<NumaPolicy> parse_numa_policy(std::string_view text);

// The nodes that have memory, ascending; node 0 alone where the kernel knows of none.
// `sysfs`: where sysfs is mounted. Errors: internal (the kernel's list cannot be read).
Result<std::vector<int>> numa_nodes(const std::string& sysfs = "/sys");

// "0-2,5" as 0, 1, 2, 5. Errors: internal.
Result<std::vector<int>> parse_node_list(std::string_view text);

// Errors: invalid_argument (the policy names a node that is not among these).
Status check_numa_policy(const NumaPolicy& policy, std::span<const int> nodes);

// Sets the policy for memory that this thread, and those it starts, use from now on.
// Requires: check_numa_policy() is ok. Errors: internal.
Status set_numa_policy(const NumaPolicy& policy, std::span<const int> nodes);

// Sets the policy for these pages of a memory file, for all processes that map it; moves pages that already exist,
// where it may.
// Requires: as set_numa_policy(). Errors: internal.
Status bind_memory(const NumaPolicy& policy, std::span<const int> nodes, std::span<std::byte> memory);

// E.g. "node 1 of 0-1", "node 0, the only one".
std::string describe(const NumaPolicy& policy, std::span<const int> nodes);

}  // namespace memo
