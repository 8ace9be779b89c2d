// Finds a checkpoint's tensors under the names that its publisher chose.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/tensor_source.h"

namespace memo {

// Reads tensor after tensor and remembers the first failure, so that a checkpoint is read as one list of names
// and checked once at the end.
// Lifetime: source outlives this.
class TensorReader {
 public:
  // `prefix`: a model with a task head puts this before the names of the model itself, for example "bert.".
  TensorReader(const TensorSource& source, std::string_view prefix);

  // The tensor called `name`, prefix + name, or either with the older ".gamma" and ".beta" for a layer norm's
  // ".weight" and ".bias". Returns an undefined tensor once anything has failed.
  Tensor read(const std::string& name, const std::vector<std::int64_t>& shape);

  // name.weight [out, in] and name.bias [out]
  LinearWeights linear(const std::string& name, std::int64_t out, std::int64_t in);
  // name.weight and name.bias [hidden]
  LayerNormWeights norm(const std::string& name, std::int64_t hidden);
  // Three [hidden, hidden] projections, query, key and value, as one, so that a layer multiplies its input once.
  LinearWeights stacked(const std::array<std::string, 3>& names, std::int64_t hidden);

  const Status& status() const { return status_; }

 private:
  std::string resolve(const std::string& name) const;

  const TensorSource& source_;
  std::string prefix_;
  Status status_;
};

}  // namespace memo
