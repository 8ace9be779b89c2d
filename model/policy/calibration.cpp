#include "model/policy/calibration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <optional>

#include "embed/safetensors/safetensors.h"
#include "model/checkpoint/fingerprint.h"

namespace memo {
namespace {

constexpr char kCalibrationFormat[] = "memo-calibration";
constexpr char kCalibrationVersion[] = "1";

// Calls visit(name, tensor) for every tensor of a layer that can be refitted.
template <typename Layer, typename Visit>
void for_each_tensor(Layer& layer, const Visit& visit) {
  const auto both = [&](const std::string& name, auto& weights) {
    visit(name + ".weight", weights.weight);
    visit(name + ".bias", weights.bias);
  };
  both("qkv", layer.qkv);
  both("attention_output", layer.attention_output);
  both("attention_norm", layer.attention_norm);
  both("feed_forward_in", layer.feed_forward_in);
  both("feed_forward_out", layer.feed_forward_out);
  both("feed_forward_norm", layer.feed_forward_norm);
}

std::string tensor_name(std::size_t layer, const std::string& name) {
  return fmt::format("layer.{}.{}", layer, name);
}

template <typename Number>
std::optional<Number> parse(std::string_view text, int base) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Digest> parse_digest(const std::string& hex) {
  if (hex.size() != 32) return std::nullopt;
  const auto high = parse<std::uint64_t>(std::string_view(hex).substr(0, 16), 16);
  const auto low = parse<std::uint64_t>(std::string_view(hex).substr(16), 16);
  if (!high || !low) return std::nullopt;
  return Digest{*high, *low};
}

std::string metadata_of(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? std::string() : found->second;
}

Status check_calibration_format(const SafetensorsFile& file) {
  for (const auto& [key, value] :
       {std::pair{"format", kCalibrationFormat}, std::pair{"version", kCalibrationVersion}})
    if (metadata_of(file, key) != value)
      return {StatusCode::unsupported, fmt::format("{}: not a calibration: {} is \"{}\", must be \"{}\"",
                                                   file.path(), key, metadata_of(file, key), value)};
  return Status::ok();
}

Result<Tensor> read_tensor(const SafetensorsFile& file, const std::string& name) {
  return name.ends_with(".bias") || name.find("norm.") != std::string::npos ? file.tensor(name, {-1})
                                                                            : file.tensor(name, {-1, -1});
}

// The shape of a calibrated tensor. A bias may be new: it has one element per row of `weight`.
std::vector<std::int64_t> shape_of(const std::string& name, const Tensor& tensor, const Tensor& weight) {
  if (tensor.defined()) return tensor.sizes();
  if (name.ends_with(".bias") && weight.defined()) return {weight.size(0)};
  return {};
}

}  // namespace

Result<Calibration> Calibration::load(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::open(path));
  MEMO_RETURN_IF_ERROR(check_calibration_format(file));
  const auto model = parse_digest(metadata_of(file, "model"));
  const auto length = parse<std::uint32_t>(metadata_of(file, "length"), 10);
  if (!model || !length)
    return Status(StatusCode::corrupt,
                  fmt::format("{}: model is \"{}\" and length \"{}\": no fingerprint or number", path,
                              metadata_of(file, "model"), metadata_of(file, "length")));
  Calibration calibration(*model, *length);
  for (const std::string& name : file.names()) {
    MEMO_ASSIGN_OR_RETURN(calibration.tensors_[name], read_tensor(file, name));
  }
  return calibration;
}

Status Calibration::save(const std::string& path) const {
  return write_safetensors(path, tensors_,
                           {{"format", kCalibrationFormat},
                            {"version", kCalibrationVersion},
                            {"model", model_.hex()},
                            {"length", fmt::format("{}", length_)}});
}

Calibration Calibration::between(const Checkpoint& original, const Checkpoint& calibrated, std::uint32_t length) {
  Calibration calibration(original.fingerprint, length);
  for (std::size_t i = 0; i < original.layers.size(); ++i) {
    std::map<std::string, Tensor> before;
    for_each_tensor(original.layers[i],
                    [&](const std::string& name, const Tensor& tensor) { before[name] = tensor; });
    for_each_tensor(calibrated.layers[i], [&](const std::string& name, const Tensor& tensor) {
      if (!tensor.is_same(before[name])) calibration.tensors_[tensor_name(i, name)] = tensor;
    });
  }
  return calibration;
}

Result<Checkpoint> Calibration::apply(const Checkpoint& checkpoint) const {
  if (checkpoint.fingerprint != model_)
    return Status(StatusCode::invalid_argument, fmt::format("the calibration is for model {}, this model is {}",
                                                            model_.hex(), checkpoint.fingerprint.hex()));
  Checkpoint calibrated = checkpoint;
  std::size_t applied = 0;
  Status status;
  for (std::size_t i = 0; i < calibrated.layers.size(); ++i) {
    Tensor weight;  // of the same matrix: visited before its bias
    for_each_tensor(calibrated.layers[i], [&](const std::string& name, Tensor& tensor) {
      const std::vector<std::int64_t> shape = shape_of(name, tensor, weight);
      weight = tensor;
      const auto found = tensors_.find(tensor_name(i, name));
      if (found == tensors_.end()) return;
      ++applied;
      if (found->second.sizes() != shape && status)
        status = {StatusCode::invalid_argument,
                  fmt::format("the calibration's tensor \"{}\" has shape {}, the model's {}", found->first,
                              found->second.sizes(), shape)};
      tensor = found->second;
    });
  }
  if (!status) return status;
  if (applied < tensors_.size())
    return Status(
        StatusCode::invalid_argument,
        fmt::format("the calibration has {} tensors that this model has not", tensors_.size() - applied));
  calibrated.fingerprint = fingerprint_of(calibrated);
  calibrated.calibrated_from = checkpoint.fingerprint;
  return calibrated;
}

Result<Checkpoint> checkpoint_for(const Checkpoint& checkpoint, const Policy& policy) {
  if (policy.calibration.empty()) return checkpoint;
  MEMO_ASSIGN_OR_RETURN(const Calibration calibration, Calibration::load(policy.calibration));
  if (calibration.length() != policy.length)
    return Status(StatusCode::invalid_argument,
                  fmt::format("{}: made for length {}, the policy has {}", policy.calibration,
                              calibration.length(), policy.length));
  Result<Checkpoint> calibrated = calibration.apply(checkpoint);
  if (calibrated) return calibrated;
  return Status(calibrated.status().code(),
                fmt::format("{}: {}", policy.calibration, calibrated.status().message()));
}

}  // namespace memo
