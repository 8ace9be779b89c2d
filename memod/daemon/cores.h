// Cores: which CPU cores the daemon's threads may run on.
#pragma once

#include <string_view>
#include <vector>

#include "memo/status.h"

namespace memo {

// "0,2-3": core numbers as the kernel counts them. -> ascending, each once.
// Errors: invalid_argument.
Result<std::vector<unsigned>> parse_cores(std::string_view text);

// Binds this thread, and all threads that it starts from now on, to these cores.
// Errors: invalid_argument (a core does not exist, or this process may not use it).
Status run_on_cores(const std::vector<unsigned>& cores);

}  // namespace memo
