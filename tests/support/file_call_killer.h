// Runs a program and kills it at a chosen system call that touches a folder: what it leaves is what a death leaves.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace memo::test {

struct KilledRun {
  int calls = 0;                 // that touched the folder: opened, wrote, synced, named or removed a file there
  std::optional<int> exit_code;  // nothing: it was killed
};

// Kills the process as it enters call `kill_at`, counted from 1; 0: never. Its stdout goes to /dev/null.
// Requires: Linux 5.3, and that this process may trace its children. Threads: no other children at the same time.
// Errors: nothing where tracing is not permitted.
std::optional<KilledRun> run_and_kill(const std::vector<std::string>& argv, const std::string& folder,
                                      int kill_at);

}  // namespace memo::test
