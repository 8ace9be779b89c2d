// BenchFolder: a folder of a benchmark's own, deleted at the end.
#pragma once

#include <string>

#include "client/status.h"

namespace memo {

class BenchFolder {
 public:
  explicit BenchFolder(const std::string& parent);
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;

  // Errors: invalid_argument when it could not be made.
  Status status() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace memo
