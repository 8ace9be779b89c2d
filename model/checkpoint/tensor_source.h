// TensorSource: where a checkpoint's tensors come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"

namespace memo {

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual bool has(const std::string& name) const = 0;
  // The tensor as contiguous f32, in memory of its own.
  // Errors: as SafetensorsFile::tensor.
  virtual Result<Tensor> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const = 0;
};

}  // namespace memo
