// Examining a closed pool before libpmemobj opens it.
//
// libpmemobj 1.12 trusts most of what it finds in a file: a damaged table ends the process with a signal, or never ends
// a loop, and what it writes meanwhile makes things worse. So everything that it, or memod, follows when a pool is
// opened and used is looked at first, read-only, as it will be once the unfinished transactions of a crash are
// replayed or rolled back.
#pragma once

#include <string>

#include "client/memory/backing.h"
#include "memo/status.h"

namespace memo {

// Reads 4 MiB, and 2 MiB more for each 64 GiB. Requires: nobody has the pool open; its first page is a pool's.
// Errors: corrupt and unsupported, naming the file and what is wrong; internal (the storage cannot be read).
Status examine_pool(int descriptor, const BackedFile& file, const std::string& path);

}  // namespace memo
