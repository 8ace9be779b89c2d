// WorkFolder: a folder for files that are gone at the end.
#pragma once

#include <string>

#include "client/status.h"

namespace memo {

class WorkFolder {
 public:
  // Errors: invalid_argument when it cannot be made in `parent`.
  static Result<WorkFolder> make(const std::string& parent);
  WorkFolder(WorkFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();

  const std::string& path() const { return path_; }

 private:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;  // empty: moved away
};

}  // namespace memo
