// How many threads this process may start: a container's limit of processes, or of address space, may be lower than the
// number of cores.
#pragma once

namespace memo {

// Starts up to `wanted` threads, all at once, and ends them again; -> how many could be started. A library that fails to
// start a thread in a thread of its own (oneTBB) ends the process, so it is told before how many it may have. What is
// started meanwhile by others of the same user can still take their places.
// Threads: any.
unsigned startable_threads(unsigned wanted);

}  // namespace memo
