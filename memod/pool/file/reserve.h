// The space of a pool's file, all of it on the file system: a store into a hole ends the process with SIGBUS when the
// file system is full.
#pragma once

#include <cstdint>
#include <string>

#include "client/memory/backing.h"
#include "memo/status.h"

namespace memo {

// Makes the new, empty file `bytes` long. Errors: full, internal.
Status reserve_space(int file, const std::string& path, std::uint64_t bytes);

// Gives a file the space of its holes, which a copy of a pool may have, when the file system has that much; its bytes
// stay as they are. Nothing is done where the file system cannot, and for a device.
// Errors: full (and the file is as it was), internal.
Status fill_holes(int file, const std::string& path, const BackedFile& backing);

}  // namespace memo
