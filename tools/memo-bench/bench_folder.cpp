#include "tools/memo-bench/bench_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

namespace memo {

BenchFolder::BenchFolder(const std::string& parent) : path_(parent + "/memo-bench-XXXXXX") {
  made_ = ::mkdtemp(path_.data()) != nullptr;
}

BenchFolder::~BenchFolder() {
  std::error_code ignored;
  if (made_) std::filesystem::remove_all(path_, ignored);
}

Status BenchFolder::status() const {
  return made_ ? Status::ok()
               : Status(StatusCode::invalid_argument, fmt::format("cannot make a folder {}", path_));
}

}  // namespace memo
