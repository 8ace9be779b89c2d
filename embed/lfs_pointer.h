// Git LFS pointers: what lies in place of a large file in a repository that was cloned without its large files.
#pragma once

#include <string>
#include <string_view>

#include "memo/status.h"

namespace memo {

// Of the beginning of a file. Source: the specification of Git LFS pointers, version 1.
bool is_lfs_pointer(std::string_view start);
// What is wrong with such a file, and what to do, for messages that begin with its name.
std::string lfs_pointer_advice();

// Errors: corrupt, naming the file and what to do, where `start`, how the file at `path` begins, is that of a pointer.
Status check_is_no_lfs_pointer(std::string_view start, const std::string& path);

}  // namespace memo
