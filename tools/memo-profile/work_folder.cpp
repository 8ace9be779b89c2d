#include "tools/memo-profile/work_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

namespace memo {

Result<WorkFolder> WorkFolder::make(const std::string& parent) {
  std::string path = parent + "/memo-profile-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return Status(StatusCode::invalid_argument, fmt::format("--folder: cannot make a folder in {}", parent));
  return WorkFolder(std::move(path));
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace memo
