// How many threads this process may start: a container's limit on processes, or on address space, may be lower
// than the number of cores.
#pragma once

namespace memo {

// Starts up to `wanted` threads, all at once, and ends them again; -> how many could be started. oneTBB ends the
// process when one of its own threads fails to start another, so the caller tells it beforehand how many it may
// have. Other processes of the same user may still take these places meanwhile.
// Threads: any.
unsigned startable_threads(unsigned wanted);

}  // namespace memo
