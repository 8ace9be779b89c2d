#include "embed/files/lfs_pointer.h"

namespace memo {

bool is_lfs_pointer(std::string_view start) {
  return start.starts_with("version https://git-lfs.github.com/spec/v1");
}

std::string lfs_pointer_advice() {
  return "is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`";
}

Status check_is_no_lfs_pointer(std::string_view start, const std::string& path) {
  if (!is_lfs_pointer(start)) return Status::ok();
  return {StatusCode::corrupt, path + ": " + lfs_pointer_advice()};
}

}  // namespace memo
