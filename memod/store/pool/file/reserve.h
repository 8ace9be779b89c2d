// Reserves all the space of a pool's file on the file system: a store into a hole ends the process with SIGBUS
// when the file system is full.
#pragma once

#include <cstdint>
#include <string>

#include "client/memory/backing.h"
#include "memo/status.h"

namespace memo {

// Makes the new, empty file `bytes` long. Errors: full, internal.
Status reserve_space(int file, const std::string& path, std::uint64_t bytes);

// Fills the holes of a file, which a copy of a pool may have, with reserved space, if the file system has enough;
// the bytes stay as they are. Does nothing for a device, or where the file system cannot do this.
// Errors: full (and the file is as it was), internal.
Status fill_holes(int file, const std::string& path, const BackedFile& backing);

}  // namespace memo
