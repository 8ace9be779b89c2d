// A little memory kept back for the end: where an allocation fails, what is destroyed on the way out may need some (a
// destructor of nlohmann::json does, and its failing there would end the process without a word).
#pragma once

namespace memo {

// Keeps a mebibyte; the first allocation by operator new that fails gives it back to the heap and throws std::bad_alloc.
// Call once, in main, after malloc is configured. Threads: before others are started.
void keep_memory_for_the_end();

}  // namespace memo
