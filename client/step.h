// Steps: the instants at which a client may die, by name.
//
// A test sets a hook that ends its process at one of them, and looks at what the daemon keeps. The one global of the
// client: handing an observer through every class between attach() and a ring's cell would put a test into all of
// their constructors. Unset, as it is in any program, a step is one load.
#pragma once

#include <atomic>

namespace memo {

using StepHook = void (*)(const char* name);

inline std::atomic<StepHook> step_hook = nullptr;

inline void step(const char* name) {
  if (const StepHook hook = step_hook.load(std::memory_order_relaxed)) hook(name);
}

}  // namespace memo
