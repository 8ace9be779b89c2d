// safetensors files: published checkpoints, and our own embedders, codebooks and calibrated matrices.
//
// Source: the safetensors format, 8 bytes little-endian header length, a JSON header, then raw tensors.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"

namespace memo {

// A file mapped read-only. The header is checked whole on open: every offset lies in the file, no two tensors
// overlap, every size fits its shape and dtype.
// Requires: nobody shortens the file while it is open.
// Threads: any, after open().
class SafetensorsFile {
 public:
  // Errors: not_found, corrupt (what and where: header length, JSON, tensor name, offsets), unsupported (a dtype
  //         that the format does not have), internal (the file cannot be read).
  static Result<SafetensorsFile> open(const std::string& path);
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;
  ~SafetensorsFile();

  const std::string& path() const;
  bool has(const std::string& name) const;
  std::vector<std::string> names() const;
  // "__metadata__" of the header.
  const std::map<std::string, std::string>& metadata() const;

  // The tensor as contiguous f32 (F32, F16 and BF16 are converted), in memory of its own.
  // Errors: not_found, unsupported (other dtypes), invalid_argument (shape differs; -1 matches any size),
  //         corrupt (a NaN or infinite value); each names the tensor.
  Result<Tensor> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const;

  // A U8 tensor, contiguous, in memory of its own.
  // Errors: as tensor(), where U8 is the only dtype.
  Result<Tensor> byte_tensor(const std::string& name, const std::vector<std::int64_t>& shape) const;

 private:
  struct Contents;
  explicit SafetensorsFile(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

// Writes f32, f16, bf16 and u8 tensors, sorted by name, through a temporary file that is renamed into place.
// Durability: when ok is returned, the file has reached its device.
// Errors: invalid_argument (the name "__metadata__"), internal (the file cannot be written; an
//         existing file is as it was).
Status write_safetensors(const std::string& path, const std::map<std::string, Tensor>& tensors,
                         const std::map<std::string, std::string>& metadata);

}  // namespace memo
