// OutputFile: a file that is there as a whole or not at all; or stdout for "-".
//
// What is written goes to a draft beside the file's place, which the draft takes in close(): a process that fails or is
// killed before leaves what was there. A symbolic link stays, and what it points to is replaced; another hard link to
// the same file keeps what it had. Devices, FIFOs and open descriptors (/dev/stdout) are written as they are.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "embed/draft_file.h"
#include "memo/status.h"

namespace memo {

class OutputFile {
 public:
  // Errors: as OutputPlace::find and DraftFile::create.
  static Result<OutputFile> create(const std::string& path);

  // Errors: internal (the disk is full, or the reader of a pipe is gone).
  Status write(std::string_view text);
  // The file is complete, and in its place. Without this there is no file, once this ends.
  // Durability: as DraftFile::take_place(). Errors: as write() and DraftFile::take_place().
  Status close();

  // What is written goes out at once, and not to a draft.
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

// Whether a file can be made there, for what works long before it writes; nothing is left behind. "-", nothing ("") and
// streams are taken to be good. Errors: as OutputFile::create.
Status check_output(const std::string& path);

// A whole file at once. Errors: as OutputFile.
Status write_file(const std::string& path, std::string_view text);

}  // namespace memo
