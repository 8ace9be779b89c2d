// How an embedder is saved and loaded; the format is described in embedder.h.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "embed/embedder.h"
#include "embed/safetensors.h"

namespace memo {
namespace {

constexpr char kFormat[] = "memo-embedder";
constexpr char kVersion[] = "1";
constexpr std::size_t kMaxMlpLayers = 16;

std::string weight_name(std::size_t layer) {
  return fmt::format("mlp.{}.weight", layer);
}
std::string bias_name(std::size_t layer) {
  return fmt::format("mlp.{}.bias", layer);
}

Status check_format(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const auto format = metadata.find("format");
  const auto version = metadata.find("version");
  if (format == metadata.end() || format->second != kFormat)
    return {StatusCode::unsupported,
            fmt::format("{}: not an embedder: its format is not {}", file.path(), kFormat)};
  if (version == metadata.end() || version->second != kVersion)
    return {StatusCode::unsupported, fmt::format("{}: its version is not {}", file.path(), kVersion)};
  return Status::ok();
}

template <typename Number>
Status read_number(const SafetensorsFile& file, const std::string& key, Number& number) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    return {StatusCode::corrupt, fmt::format("{}: metadata {} is missing", file.path(), key)};
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return {StatusCode::corrupt, fmt::format("{}: metadata {} is \"{}\", not a number", file.path(), key, text)};
  return Status::ok();
}

Status read_shape(const SafetensorsFile& file, EmbedderShape& shape) {
  MEMO_RETURN_IF_ERROR(read_number(file, "hidden", shape.hidden));
  MEMO_RETURN_IF_ERROR(read_number(file, "length_bucket", shape.length_bucket));
  MEMO_RETURN_IF_ERROR(read_number(file, "token_width", shape.token_width));
  MEMO_RETURN_IF_ERROR(read_number(file, "segments", shape.segments));
  MEMO_RETURN_IF_ERROR(read_number(file, "feature_dimension", shape.feature_dimension));
  const Status valid = shape.validate();
  return valid ? valid : Status(StatusCode::corrupt, fmt::format("{}: {}", file.path(), valid.message()));
}

// A tensor whose shape disagrees means a damaged file, not a caller's mistake.
Result<at::Tensor> read_tensor(const SafetensorsFile& file, const std::string& name,
                               const std::vector<std::int64_t>& shape) {
  Result<at::Tensor> tensor = file.tensor(name, shape);
  if (tensor) return tensor;
  return Status(StatusCode::corrupt, tensor.status().message());
}

}  // namespace

Status Embedder::save(const std::string& path) const {
  std::map<std::string, at::Tensor> tensors{{"tokens.weight", token_weight_}};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    tensors[weight_name(i)] = layers_[i].first;
    tensors[bias_name(i)] = layers_[i].second;
  }
  const std::map<std::string, std::string> metadata{
      {"format", kFormat},
      {"version", kVersion},
      {"hidden", std::to_string(shape_.hidden)},
      {"length_bucket", std::to_string(shape_.length_bucket)},
      {"token_width", std::to_string(shape_.token_width)},
      {"segments", std::to_string(shape_.segments)},
      {"feature_dimension", std::to_string(shape_.feature_dimension)},
      {"scale", fmt::format("{}", scale_)}};  // the shortest text that reads back as the same float
  return write_safetensors(path, tensors, metadata);
}

Status Embedder::read_weights(const SafetensorsFile& file) {
  Result<at::Tensor> tokens = read_tensor(file, "tokens.weight", {shape_.token_width, shape_.hidden});
  if (!tokens) return tokens.status();
  token_weight_ = *tokens;
  std::int64_t width = std::int64_t{shape_.segments} * shape_.token_width;
  for (std::size_t i = 0; i < kMaxMlpLayers && (i == 0 || file.has(weight_name(i))); ++i) {
    const Result<at::Tensor> weight = read_tensor(file, weight_name(i), {-1, width});
    if (!weight) return weight.status();
    width = weight->size(0);
    const Result<at::Tensor> bias = read_tensor(file, bias_name(i), {width});
    if (!bias) return bias.status();
    layers_.emplace_back(*weight, *bias);
  }
  if (width == std::int64_t{shape_.feature_dimension}) return Status::ok();
  return {StatusCode::corrupt, fmt::format("{}: the last layer has {} outputs, feature_dimension is {}",
                                           file.path(), width, shape_.feature_dimension)};
}

Result<Embedder> Embedder::load(const std::string& path) {
  const Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file) return file.status();
  MEMO_RETURN_IF_ERROR(check_format(*file));
  Embedder embedder;
  MEMO_RETURN_IF_ERROR(read_shape(*file, embedder.shape_));
  MEMO_RETURN_IF_ERROR(read_number(*file, "scale", embedder.scale_));
  if (!std::isfinite(embedder.scale_))
    return Status(StatusCode::corrupt, fmt::format("{}: metadata scale is not finite", path));
  MEMO_RETURN_IF_ERROR(embedder.read_weights(*file));
  return embedder;
}

}  // namespace memo
