// Looks at a store at intervals.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "client/store_admin.h"
#include "memo/status.h"
#include "tools/memoctl/output/terminal.h"

namespace memo {

// Statistics at one time, next to those of the time before.
struct Look {
  StoreStats now;
  StoreStats before;   // the same as `now` at the first look
  double seconds = 0;  // between the two; 0 at the first look
};

using Draw = std::function<Result<std::string>(const Look&)>;

// Writes what `draw` makes to stdout, now and every `interval`, until SIGINT or SIGTERM: in place on a terminal,
// cut to its size; elsewhere one after another.
// Errors: those of the store and of `draw`; internal (stdout is closed).
Status watch(StoreAdmin& store, std::chrono::milliseconds interval, const Terminal& output, const Draw& draw);

}  // namespace memo
