// SoakLog: a client's own account of what it was promised, which outlives it. One file a client, only appended to.
#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "client/protocol/unique_fd.h"
#include "tests/crash/soak/soak_model.h"

namespace memo::soak {

struct SoakRecord {
  enum Kind : std::uint32_t {
    in_doubt,      // the memo may be there or not from now on: about to be published, or erased
    acknowledged,  // it is there: flush() has returned ok
    erased,        // erase() has returned ok. Still in doubt: erasing lasts once the last view has ended
    lookups,       // number: items looked up since the last such record
    hits,          // number: and answered
    torn,          // the memo was answered by bytes that are nobody's
    crossed,       // by another space's
    lost,          // it was acknowledged, and missed
  } kind{};
  std::uint32_t space = 0;
  std::uint64_t number = 0;

  MemoId memo() const { return {space, number}; }
  bool is_of_memo() const { return kind == in_doubt || kind == acknowledged || kind == erased; }
};
static_assert(sizeof(SoakRecord) == 16);

inline SoakRecord record_of(SoakRecord::Kind kind, MemoId memo) {
  return {kind, memo.space, memo.number};
}

class SoakLogWriter {
 public:
  explicit SoakLogWriter(const std::string& path);
  // In the file, and so safe from this process's death, on return.
  void append(std::span<const SoakRecord> records);
  void append(const SoakRecord& record) { append({&record, 1}); }

 private:
  UniqueFd file_;
};

class SoakLogReader {
 public:
  explicit SoakLogReader(std::string path) : path_(std::move(path)) {}
  // What was appended since the last call.
  std::vector<SoakRecord> read();

 private:
  const std::string path_;
  std::uint64_t offset_ = 0;
};

}  // namespace memo::soak
