// The operations that kill_points_test kills a process in. To add one, add an entry to kill_operations().
#pragma once

#include <optional>
#include <vector>

#include "tests/crash/kill/kill_script.h"

namespace memo::test {

struct KillOperation {
  const char* name;
  void (*prepare)(KillScript&);  // makes the pool; nobody is killed
  void (*run)(KillScript&);      // is killed at each of its persistent stores
  // Counts the stores of opening the pool, too.
  bool opening = false;
  // Closes the store in the end, which saves the indexes; counts the steps of that, too.
  bool closing = false;
  // This memo's header is damaged in between, so that opening has a slot to free.
  std::optional<MemoName> damaged = std::nullopt;
};

const std::vector<KillOperation>& kill_operations();

}  // namespace memo::test
