// PoolBytes: reads what a pool's file will say once libpmemobj has recovered it, without changing the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <type_traits>

#include "client/memory/backing.h"
#include "client/protocol/mapping.h"
#include "memo/status.h"

namespace memo {

// Threads: one.
class PoolBytes {
 public:
  // Lifetime: the descriptor stays open. Errors: those of mapping, for a device: it cannot be read otherwise.
  static Result<PoolBytes> open(int descriptor, const BackedFile& file);

  std::uint64_t size() const { return file_.bytes; }
  const BackedFile& file() const { return file_; }

  // The file's bytes, with what was changed below.
  // Errors: corrupt (the file ends before), internal (the storage cannot be read).
  Status read(std::uint64_t offset, std::span<std::byte> bytes) const;
  template <typename Record>
  Status read_into(std::uint64_t offset, Record& record) const {
    static_assert(std::is_trivially_copyable_v<Record>);
    return read(offset, std::as_writable_bytes(std::span(&record, 1)));
  }

  // Later reads see these bytes there; the file keeps its own.
  void change(std::uint64_t offset, std::span<const std::byte> bytes);
  bool is_changed() const { return !changed_.empty(); }

 private:
  PoolBytes(int descriptor, const BackedFile& file) : descriptor_(descriptor), file_(file) {}
  Status read_file(std::uint64_t offset, std::span<std::byte> bytes) const;

  int descriptor_;
  BackedFile file_;
  Mapping device_;  // empty unless the file is a device
  std::map<std::uint64_t, std::byte>
      changed_;  // by offset; what unfinished transactions leave: a few hundred bytes
};

}  // namespace memo
