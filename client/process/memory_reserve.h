// A little memory kept in reserve. After an allocation has failed, destructors that run may need memory: one of
// nlohmann::json does, and a failure there would end the process without a word.
#pragma once

namespace memo {

// Keeps a mebibyte; the first allocation by operator new that fails gives it back to the heap and throws
// std::bad_alloc. Call once, in main, after malloc is configured. Threads: before others are started.
void keep_memory_for_the_end();

}  // namespace memo
