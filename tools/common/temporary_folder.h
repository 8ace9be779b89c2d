// TemporaryFolder: a program's own folder, deleted at the end.
#pragma once

#include <string>

#include "memo/status.h"

namespace memo {

class TemporaryFolder {
 public:
  // name: what the folder's name begins with.
  TemporaryFolder(const std::string& parent, const std::string& name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Errors: invalid_argument when it could not be made.
  Status status() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace memo
