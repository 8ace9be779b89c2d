#include "tools/memo-bench/common/proc_file.h"

#include <cstdlib>
#include <fstream>

namespace memo {

std::string value_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const std::size_t colon = line.find(':');
    const std::size_t begin = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::uint64_t bytes_in(const std::string& path, const std::string& name) {
  return std::strtoull(value_in(path, name).c_str(), nullptr, 10) << 10;
}

}  // namespace memo
