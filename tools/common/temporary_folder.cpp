#include "tools/common/temporary_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

namespace memo {

TemporaryFolder::TemporaryFolder(const std::string& parent, const std::string& name)
    : path_(parent + "/" + name + "-XXXXXX") {
  made_ = ::mkdtemp(path_.data()) != nullptr;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (made_) std::filesystem::remove_all(path_, ignored);
}

Status TemporaryFolder::status() const {
  return made_ ? Status::ok()
               : Status(StatusCode::invalid_argument, fmt::format("cannot make a folder {}", path_));
}

}  // namespace memo
