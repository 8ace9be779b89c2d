// WeightFiles: the safetensors files of a folder, one or many.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "embed/safetensors/safetensors.h"
#include "model/checkpoint/tensor_source.h"

namespace memo {

// model.safetensors where there is one, else the shards that model.safetensors.index.json lists.
// Threads: any, after open().
class WeightFiles : public TensorSource {
 public:
  // Errors: as SafetensorsFile::open, missing_weights where there is neither, and corrupt for an index that is no
  //         map of tensors to files beside it.
  static Result<WeightFiles> open(const std::string& folder);

  bool has(const std::string& name) const override;
  Result<Tensor> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const override;

 private:
  static Result<WeightFiles> open_shards(const std::string& folder);
  Status add_shard(const std::string& folder, const std::string& shard);
  const SafetensorsFile& file_of(const std::string& name) const;

  std::vector<SafetensorsFile> files_;
  std::map<std::string, std::size_t> index_;  // tensor -> its file; empty: all are in the first
};

}  // namespace memo
