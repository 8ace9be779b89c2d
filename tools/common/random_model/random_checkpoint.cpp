#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <utility>

#include "model/families/read_checkpoint.h"
#include "tools/common/random_model/random_model.h"

namespace memo {
namespace {

constexpr const char* kName = "random model";  // in messages, where a file has its path

// The tensors of a model in memory, without a copy: the checkpoint that is read shares their elements.
class TensorsInMemory : public TensorSource {
 public:
  explicit TensorsInMemory(const std::map<std::string, Tensor>& tensors) : tensors_(tensors) {}

  bool has(const std::string& name) const override { return tensors_.contains(name); }
  Result<Tensor> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const override {
    const auto found = tensors_.find(name);
    if (found != tensors_.end() && found->second.sizes() == shape) return found->second;
    return Status(StatusCode::internal,
                  fmt::format("{}: tensor \"{}\" of shape {} is not there", kName, name, shape));
  }

 private:
  const std::map<std::string, Tensor>& tensors_;
};

Result<Checkpoint> read_published(const PublishedModel& model) {
  ConfigReader json(model.config, kName);
  MEMO_ASSIGN_OR_RETURN(auto config, read_config(json));
  return read_checkpoint(json, config, TensorsInMemory(model.tensors));
}

}  // namespace

Result<Checkpoint> random_checkpoint(const RandomModel& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  try {
    return read_published(random_model(options));
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", kName, error.what()));
  }
}

}  // namespace memo
