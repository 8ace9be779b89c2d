// OutputFile: a file, or stdout for "-".
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "client/status.h"

namespace memo {

class OutputFile {
 public:
  // Errors: internal, with the system's reason.
  static Result<OutputFile> create(const std::string& path);

  // Errors: internal (the disk is full, or the reader of a pipe is gone).
  Status write(std::string_view text);
  // Everything written has left the process. Errors: as write().
  Status close();

 private:
  struct Closer {
    void operator()(std::FILE* file) const;
  };
  OutputFile(std::string path, std::unique_ptr<std::FILE, Closer> file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Status failure(const char* what) const;

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

// A whole file at once. Errors: as OutputFile.
Status write_file(const std::string& path, std::string_view text);

}  // namespace memo
