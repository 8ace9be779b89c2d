// OutputFile: a file that appears as a whole or not at all; or stdout for "-".
//
// It writes to a draft beside the file's place, and close() moves the draft there: a process that fails or is
// killed before that leaves the old file. A symbolic link stays, and what it points to is replaced; another hard
// link to the same file keeps what it had. Devices, FIFOs and open descriptors (/dev/stdout) are written as they
// are.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "embed/files/draft_file.h"
#include "memo/status.h"

namespace memo {

class OutputFile {
 public:
  // Errors: as OutputPlace::find and DraftFile::create.
  static Result<OutputFile> create(const std::string& path);

  // Errors: internal (the disk is full, or the reader of a pipe is gone).
  Status write(std::string_view text);
  // Completes the file and puts it in its place. Without this call no file remains when this object ends.
  // Durability: as DraftFile::take_place(). Errors: as write() and DraftFile::take_place().
  Status close();

  // Output is written at once, not to a draft.
  bool is_stream() const { return !draft_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const;
  };
  using Handle = std::unique_ptr<std::FILE, Closer>;
  OutputFile(std::string name, Handle file, std::optional<DraftFile> draft)
      : name_(std::move(name)), draft_(std::move(draft)), file_(std::move(file)) {}
  static Result<OutputFile> create_draft(const std::string& path, OutputPlace place);
  Status failure() const;

  std::string name_;
  std::optional<DraftFile> draft_;  // nothing: a stream
  Handle file_;
};

// Whether a file can be made there. For programs that work long before they write. Leaves nothing behind. "-", ""
// and streams are assumed to be good. Errors: as OutputFile::create.
Status check_output(const std::string& path);

// Writes a whole file at once. Errors: as OutputFile.
Status write_file(const std::string& path, std::string_view text);

}  // namespace memo
