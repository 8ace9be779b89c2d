// OutputPlace: what is at the place where a file is to be written, behind all symbolic links.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "memo/status.h"

namespace memo {

struct OutputPlace {
  // The attributes that a file takes over from the one it replaces.
  struct Owner {
    mode_t mode = 0;
    uid_t user = 0;
    gid_t group = 0;
  };

  std::string path;
  // A stream cannot be replaced: a device, a FIFO, a terminal, an open descriptor (/dev/stdout).
  bool is_stream = false;
  std::optional<Owner> replaced;  // of the file that is there

  std::string folder() const;  // "." for a name alone
  std::string name() const;

  // Errors: invalid_argument (a folder, a mount point), internal (not writable, with the system's reason).
  static Result<OutputPlace> find(const std::string& path);
};

}  // namespace memo
