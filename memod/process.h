// What a process that serves a store sets for itself, in main.
#pragma once

namespace memo {

// Large arrays go back to the system when they are freed. Left to itself, glibc takes arrays of up to 32 MiB from its
// heaps once it has freed one of that size, and what an index outgrew stays there: hundreds of bytes a memo.
void give_freed_memory_back();

}  // namespace memo
