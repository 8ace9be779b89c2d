// Steps: the instants at which a client may die, by name.
//
// A test sets a hook that ends its process at one of them, and examines what the daemon keeps. This is the
// client's one global: passing an observer through every class between attach() and a ring's cell would put a
// test's concern into all their constructors. Programs leave it unset; then a step is one load.
#pragma once

#include <atomic>

namespace memo {

using StepHook = void (*)(const char* name);

inline std::atomic<StepHook> step_hook = nullptr;

inline void step(const char* name) {
  if (const StepHook hook = step_hook.load(std::memory_order_relaxed)) hook(name);
}

}  // namespace memo
