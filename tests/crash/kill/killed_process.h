// A process that runs an operation on a pool and is killed in the middle of it.
#pragma once

#include <cstdint>
#include <string>

#include "tests/crash/kill/kill_operations.h"
#include "tests/crash/killer.h"

namespace memo::test {

// Runs the operation in a child that dies at event `at`, counted from 1, and adds what it said to `knowledge`. Returns its
// wait status: exit code 0 when the operation was over before that event, 1 when it failed.
// Requires: this process has no other thread.
int run_and_kill(const KillOperation& operation, const std::string& pool, Death death, std::int64_t at,
                 Knowledge& knowledge);

}  // namespace memo::test
