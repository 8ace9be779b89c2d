// Examining a closed pool before libpmemobj opens it.
//
// libpmemobj 1.12 trusts most of what it finds in a file: a damaged table ends the process with a signal or makes
// a loop endless, and what libpmemobj writes meanwhile makes things worse. So everything that libpmemobj or memod
// follows when a pool is opened and used is examined first, read-only, in the state that it will have once the
// unfinished transactions of a crash are replayed or rolled back.
#pragma once

#include <string>

#include "client/memory/backing.h"
#include "memo/status.h"

namespace memo {

// Reads 4 MiB, and 2 MiB more for each 64 GiB. Requires: nobody has the pool open; its first page is that of a
// pool.
// Errors: corrupt and unsupported, naming the file and what is wrong; internal (the storage cannot be read).
Status examine_pool(int descriptor, const BackedFile& file, const std::string& path);

}  // namespace memo
