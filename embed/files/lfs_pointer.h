// Git LFS pointers: small files that stand for the large ones in a repository that was cloned without these.
#pragma once

#include <string>
#include <string_view>

#include "memo/status.h"

namespace memo {

// Whether a file that begins like this is one. Source: the specification of Git LFS pointers, version 1.
bool is_lfs_pointer(std::string_view start);
// What is wrong with such a file, and what to do about it, for messages that begin with its name.
std::string lfs_pointer_advice();

// Errors: corrupt, naming the file and what to do, where `start`, the beginning of the file at `path`, is that of
// a pointer.
Status check_is_no_lfs_pointer(std::string_view start, const std::string& path);

}  // namespace memo
