// Opens files in a folder that others may write, such as /dev/shm: a name there may be anything, and anybody's.
//
// What is opened here is no symbolic link (folders on the way may be), is of the right kind, belongs to this user
// or root, and nobody else may write it: not others, and no group except this process's own. Kind, owner and mode
// of the very file are checked before it is opened: opening a FIFO waits, opening a device acts.
#pragma once

#include <string>

#include "client/protocol/unique_fd.h"
#include "memo/status.h"

namespace memo {

// A regular file or a DAX device. A device's group is not checked: only root makes devices. `flags`: O_RDONLY or
// O_RDWR. Errors: not_found, invalid_argument (naming the file and what is wrong with it, or the missing
// permission), corrupt (a DAX device whose size makes no sense), internal.
Result<UniqueFd> open_own_file(const std::string& path, int flags);

// A folder. Errors: as open_own_file().
Result<UniqueFd> open_own_folder(const std::string& path);

// A regular file in an open folder. `path`: what messages call it. Errors: as open_own_file().
Result<UniqueFd> open_own_file_in(int folder, const std::string& name, const std::string& path, int flags);

// A second name of an open file, for code that must open it again by a name: this name cannot be made to mean
// another file.
// Lifetime: while the descriptor is open, in this process.
std::string name_of(int descriptor);

// The status for an errno of opening or making `path`.
Status file_error(const std::string& path, int error);

}  // namespace memo
