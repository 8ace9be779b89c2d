#include "tests/crash/soak/soak_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace memo::soak {

SoakLogWriter::SoakLogWriter(const std::string& path)
    : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (!file_) throw std::system_error(errno, std::generic_category(), path);
}

void SoakLogWriter::append(std::span<const SoakRecord> records) {
  const auto bytes = std::as_bytes(records);
  if (write(file_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "write to the log");
}

std::vector<SoakRecord> SoakLogReader::read() {
  std::vector<SoakRecord> records;
  const UniqueFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  SoakRecord record;
  // A record that is only half there is read the next time.
  while (file && pread(file.get(), &record, sizeof(record), static_cast<off_t>(offset_)) == sizeof(record)) {
    records.push_back(record);
    offset_ += sizeof(record);
  }
  return records;
}

}  // namespace memo::soak
