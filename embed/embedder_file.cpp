// How embedders are saved and loaded; the formats are described in embedder.h and embedder_set.h.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "embed/embedder_set.h"
#include "embed/safetensors/safetensors.h"

namespace memo {
namespace {

constexpr char kFormat[] = "memo-embedder";
constexpr char kOneForAll[] = "1";
constexpr char kOneALayer[] = "2";
constexpr std::size_t kMaxMlpLayers = 16;

// prefix: of a layer's embedder in a set; empty in a file of version 1.
std::string weight_name(const std::string& prefix, std::size_t layer) {
  return fmt::format("{}mlp.{}.weight", prefix, layer);
}
std::string bias_name(const std::string& prefix, std::size_t layer) {
  return fmt::format("{}mlp.{}.bias", prefix, layer);
}

// -> the version.
Result<std::string> check_format(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const auto format = metadata.find("format");
  const auto version = metadata.find("version");
  if (format == metadata.end() || format->second != kFormat)
    return Status(StatusCode::unsupported,
                  fmt::format("{}: not an embedder: its format is not {}", file.path(), kFormat));
  if (version == metadata.end() || (version->second != kOneForAll && version->second != kOneALayer))
    return Status(StatusCode::unsupported,
                  fmt::format("{}: its version is not {} or {}", file.path(), kOneForAll, kOneALayer));
  return version->second;
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
Result<Tensor> read_tensor(const SafetensorsFile& file, const std::string& name,
                           const std::vector<std::int64_t>& shape) {
  Result<Tensor> tensor = file.tensor(name, shape);
  if (tensor) return tensor;
  return Status(StatusCode::corrupt, tensor.status().message());
}

std::map<std::string, std::string> shape_metadata(const EmbedderShape& shape, const char* version) {
  return {{"format", kFormat},
          {"version", version},
          {"hidden", std::to_string(shape.hidden)},
          {"length_bucket", std::to_string(shape.length_bucket)},
          {"token_width", std::to_string(shape.token_width)},
          {"segments", std::to_string(shape.segments)},
          {"feature_dimension", std::to_string(shape.feature_dimension)}};
}

void add_weights(const EmbedderWeights& weights, const std::string& prefix, std::map<std::string, Tensor>& tensors,
                 std::map<std::string, std::string>& metadata) {
  tensors[prefix + "tokens.weight"] = weights.tokens;
  for (std::size_t i = 0; i < weights.mlp.size(); ++i) {
    tensors[weight_name(prefix, i)] = weights.mlp[i].first;
    tensors[bias_name(prefix, i)] = weights.mlp[i].second;
  }
  metadata[prefix + "scale"] = fmt::format("{}", weights.scale);  // the shortest that reads back as the same float
}

Status read_mlp(const SafetensorsFile& file, const EmbedderShape& shape, const std::string& prefix,
                EmbedderWeights& weights) {
  std::int64_t width = std::int64_t{shape.segments} * shape.token_width;
  for (std::size_t i = 0; i < kMaxMlpLayers && (i == 0 || file.has(weight_name(prefix, i))); ++i) {
    MEMO_ASSIGN_OR_RETURN(const Tensor weight, read_tensor(file, weight_name(prefix, i), {-1, width}));
    width = weight.size(0);
    MEMO_ASSIGN_OR_RETURN(const Tensor bias, read_tensor(file, bias_name(prefix, i), {width}));
    weights.mlp.emplace_back(weight, bias);
  }
  if (width == std::int64_t{shape.feature_dimension}) return Status::ok();
  return {StatusCode::corrupt, fmt::format("{}: the last layer has {} outputs, feature_dimension is {}",
                                           file.path(), width, shape.feature_dimension)};
}

Result<Embedder> read_embedder(const SafetensorsFile& file, const EmbedderShape& shape,
                               const std::string& prefix) {
  EmbedderWeights weights;
  MEMO_RETURN_IF_ERROR(read_number(file, prefix + "scale", weights.scale));
  if (!std::isfinite(weights.scale))
    return Status(StatusCode::corrupt, fmt::format("{}: metadata {}scale is not finite", file.path(), prefix));
  MEMO_ASSIGN_OR_RETURN(weights.tokens,
                        read_tensor(file, prefix + "tokens.weight", {shape.token_width, shape.hidden}));
  MEMO_RETURN_IF_ERROR(read_mlp(file, shape, prefix, weights));
  return Embedder::of_weights(shape, std::move(weights));
}

Result<SimilarityCurve> read_curve(const SafetensorsFile& file, const std::string& name) {
  if (!file.has(name)) return SimilarityCurve();
  MEMO_ASSIGN_OR_RETURN(const Tensor knots, read_tensor(file, name, {-1, 2}));
  Result<SimilarityCurve> curve = SimilarityCurve::of_tensor(knots);
  if (curve) return curve;
  return Status(StatusCode::corrupt, fmt::format("{}: {}: {}", file.path(), name, curve.status().message()));
}

Result<std::optional<MapPenalty>> read_penalty(const SafetensorsFile& file, const std::string& prefix,
                                               std::uint32_t length_bucket) {
  if (!file.has(prefix + "penalty")) return std::optional<MapPenalty>();
  MEMO_ASSIGN_OR_RETURN(const Tensor numbers, read_tensor(file, prefix + "penalty", {6}));
  MEMO_ASSIGN_OR_RETURN(Tensor average,
                        read_tensor(file, prefix + "average", {-1, -1, std::int64_t{length_bucket}}));
  const auto corrupt = [&](const Status& why) {
    return Status(StatusCode::corrupt, fmt::format("{}: {}penalty: {}", file.path(), prefix, why.message()));
  };
  const Result<PenaltyFit> fit = PenaltyFit::of_tensor(numbers);
  if (!fit) return corrupt(fit.status());
  MapPenalty penalty{*fit, std::move(average), 0};
  MEMO_RETURN_IF_ERROR(read_number(file, prefix + "row_stride", penalty.row_stride));
  const Status valid = penalty.validate(length_bucket);
  if (!valid) return corrupt(valid);
  return std::optional(std::move(penalty));
}

std::string layer_prefix(std::size_t layer) {
  return fmt::format("layer.{}.", layer);
}

}  // namespace

Status Embedder::save(const std::string& path) const {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata = shape_metadata(shape_, kOneForAll);
  add_weights(weights_, "", tensors, metadata);
  return write_safetensors(path, tensors, metadata);
}

Result<Embedder> Embedder::load(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::open(path));
  MEMO_ASSIGN_OR_RETURN(const std::string version, check_format(file));
  if (version != kOneForAll)
    return Status(StatusCode::unsupported, fmt::format("{}: holds an embedder for each layer", path));
  EmbedderShape shape;
  MEMO_RETURN_IF_ERROR(read_shape(file, shape));
  return read_embedder(file, shape, "");
}

Status EmbedderSet::save(const std::string& path) const {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata = shape_metadata(shape(), kOneALayer);
  metadata["layers"] = std::to_string(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    add_weights(entries_[i].embedder.weights(), layer_prefix(i), tensors, metadata);
    if (!entries_[i].curve.empty()) tensors[layer_prefix(i) + "curve"] = entries_[i].curve.to_tensor();
    if (!entries_[i].penalty) continue;
    tensors[layer_prefix(i) + "penalty"] = entries_[i].penalty->fit.to_tensor();
    tensors[layer_prefix(i) + "average"] = entries_[i].penalty->average;
    metadata[layer_prefix(i) + "row_stride"] = std::to_string(entries_[i].penalty->row_stride);
  }
  return write_safetensors(path, tensors, metadata);
}

Result<EmbedderSet> EmbedderSet::load(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::open(path));
  MEMO_ASSIGN_OR_RETURN(const std::string version, check_format(file));
  EmbedderShape shape;
  MEMO_RETURN_IF_ERROR(read_shape(file, shape));
  if (version == kOneForAll) {
    MEMO_ASSIGN_OR_RETURN(Embedder embedder, read_embedder(file, shape, ""));
    return EmbedderSet::shared(std::move(embedder));
  }
  std::uint32_t layers = 0;
  MEMO_RETURN_IF_ERROR(read_number(file, "layers", layers));
  if (layers == 0 || layers > kMaxLayers)
    return Status(StatusCode::corrupt,
                  fmt::format("{}: metadata layers is {}, must be 1 to {}", path, layers, kMaxLayers));
  std::vector<LayerEmbedder> entries;
  for (std::size_t i = 0; i < layers; ++i) {
    MEMO_ASSIGN_OR_RETURN(Embedder embedder, read_embedder(file, shape, layer_prefix(i)));
    MEMO_ASSIGN_OR_RETURN(SimilarityCurve curve, read_curve(file, layer_prefix(i) + "curve"));
    MEMO_ASSIGN_OR_RETURN(std::optional<MapPenalty> penalty,
                          read_penalty(file, layer_prefix(i), shape.length_bucket));
    entries.push_back({std::move(embedder), std::move(curve), std::move(penalty)});
  }
  return EmbedderSet::one_a_layer(std::move(entries));
}

}  // namespace memo
