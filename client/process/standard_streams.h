// Standard streams: what every program does with them first, and how it writes its results to stdout.
#pragma once

#include <string_view>

#include "memo/status.h"

namespace memo {

// The first line of main. Afterwards, losing a stream makes a write fail, and never ends the process:
// - A descriptor 0 to 2 that is closed is filled with one that every read or write fails on. Otherwise the next
//   file to be opened, perhaps a pool, gets its number, and messages for people are written into it.
// - SIGPIPE (the reader of a pipe is gone) and SIGXFSZ (a file would grow beyond RLIMIT_FSIZE) are ignored: the
//   write itself fails. Child processes inherit that.
// Threads: none but the caller's.
void guard_standard_streams();

// Writes the whole text to stdout, and waits for a slow reader. Errors: internal, with the system's reason.
Status write_stdout(std::string_view text);

}  // namespace memo
