// Finds a checkpoint's tensors under the names that its publisher chose.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "client/status.h"
#include "embed/safetensors.h"

namespace memo {

// Reads tensor after tensor and remembers the first failure, so that a checkpoint is read as one list of names
// and checked once at the end.
// Lifetime: file outlives this.
class TensorReader {
 public:
  explicit TensorReader(const SafetensorsFile& file);

  // The tensor called `name`, "bert." + name, or either with the older ".gamma" and ".beta" for a layer norm's
  // ".weight" and ".bias". An undefined tensor once anything has failed.
  at::Tensor read(const std::string& name, const std::vector<std::int64_t>& shape);

  const Status& status() const { return status_; }

 private:
  std::string resolve(const std::string& name) const;

  const SafetensorsFile& file_;
  Status status_;
};

}  // namespace memo
