// Input files: "-" is stdin, which stays open.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "memo/status.h"

namespace memo {

struct InputCloser {
  void operator()(std::FILE* file) const;
};
using InputHandle = std::unique_ptr<std::FILE, InputCloser>;

// Errors: not_found, internal, with the system's reason.
Result<InputHandle> open_input(const std::string& path);

// How messages call it.
std::string input_name(const std::string& path);

}  // namespace memo
