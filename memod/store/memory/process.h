// Settings that a process that serves a store makes in main.
#pragma once

namespace memo {

// Makes freed large arrays go back to the system. By default, glibc takes arrays of up to 32 MiB from its heaps
// once it has freed one of that size, and arrays that an index outgrew stay there: hundreds of bytes per memo.
void give_freed_memory_back();

}  // namespace memo
