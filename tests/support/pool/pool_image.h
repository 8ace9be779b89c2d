// PoolImage: the bytes of a pool at one instant, and the means to have them back a thousand times a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace memo::test {

// A folder in memory where there is one: each state of a pool is written to a file and opened.
std::filesystem::path fast_folder();

// Only pages that are not zero are kept and written back; the rest of the file is a hole.
class PoolImage {
 public:
  // Reads the file, which a process may have open: it is then what a kill at this instant would leave.
  explicit PoolImage(const std::string& path);

  // Requires: nobody has the file open.
  void restore(const std::string& path) const;

 private:
  struct Run {
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
  };
  static void write_changes(int file, const Run& run);

  std::vector<Run> runs_;
  std::uint64_t file_bytes_ = 0;
};

// Requires: nobody has the file open.
void overwrite(const std::string& path, std::uint64_t offset, std::span<const std::byte> bytes);
std::byte byte_at(const std::string& path, std::uint64_t offset);

}  // namespace memo::test
