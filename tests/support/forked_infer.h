// memo-infer in a child of this process: real in all but that its libraries are loaded once for all runs.
#pragma once

#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace memo::test {

// Runs memo-infer with these arguments, the program's name not among them, to its end. stdout and stderr are captured in
// files below `folder`. Requires: this process has one thread and has computed nothing.
Finished infer_in_child(const std::vector<std::string>& arguments, const std::string& folder);

}  // namespace memo::test
