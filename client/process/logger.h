// Logger: where the daemon's one-line messages go.
#pragma once

#include <functional>
#include <string>

namespace memo {

// Threads: called from any thread. Requires: does not throw.
using Logger = std::function<void(const std::string& line)>;

}  // namespace memo
