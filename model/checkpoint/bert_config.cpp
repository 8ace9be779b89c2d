#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "embed/json_text.h"
#include "model/checkpoint/bert_checkpoint.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
constexpr std::string_view kDefaultActivation = "gelu";

Status wrong(StatusCode code, const std::string& path, std::string_view field, const std::string& what) {
  return {code, fmt::format("{}: {} {}", path, field, what)};
}

// The sizes of a config and what is sane for each.
struct SizeField {
  const char* name;
  std::int64_t BertConfig::*member;
  std::int64_t most;
};
constexpr SizeField kSizes[] = {
    {"vocab_size", &BertConfig::vocabulary, 10'000'000},
    {"hidden_size", &BertConfig::hidden, 65'536},
    {"num_hidden_layers", &BertConfig::layers, kMaxLayers},
    {"num_attention_heads", &BertConfig::heads, kMaxHeads},
    {"intermediate_size", &BertConfig::intermediate, 1'048'576},
    {"max_position_embeddings", &BertConfig::max_positions, kMaxLengthBucket},
    {"type_vocab_size", &BertConfig::token_types, 65'536},
};

Status read_size(const Json& json, const SizeField& field, const std::string& path, BertConfig& config) {
  const auto found = json.find(field.name);
  if (found == json.end()) return wrong(StatusCode::corrupt, path, field.name, "is missing");
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() < 1 ||
      found->get<std::uint64_t>() > static_cast<std::uint64_t>(field.most))
    return wrong(StatusCode::corrupt, path, field.name,
                 fmt::format("is {}, must be 1 to {}", found->dump(), field.most));
  config.*field.member = found->get<std::int64_t>();
  return Status::ok();
}

Status read_sizes(const Json& json, const std::string& path, BertConfig& config) {
  for (const SizeField& field : kSizes) MEMO_RETURN_IF_ERROR(read_size(json, field, path, config));
  if (config.hidden % config.heads == 0) return Status::ok();
  return wrong(StatusCode::corrupt, path, "hidden_size",
               fmt::format("is {}, must be a multiple of num_attention_heads, {}", config.hidden, config.heads));
}

Status read_epsilon(const Json& json, const std::string& path, BertConfig& config) {
  const auto found = json.find("layer_norm_eps");
  if (found == json.end()) return Status::ok();
  const double value = found->is_number() ? found->get<double>() : -1;
  if (!(value > 0 && value < 1))
    return wrong(StatusCode::corrupt, path, "layer_norm_eps",
                 fmt::format("is {}, must be in (0, 1)", found->dump()));
  config.layer_norm_epsilon = value;
  return Status::ok();
}

Status read_activation(const Json& json, const std::string& path, BertConfig& config) {
  static constexpr std::pair<std::string_view, Activation> kNames[] = {
      {"gelu", Activation::gelu_erf},
      {"gelu_new", Activation::gelu_tanh},
      {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"relu", Activation::relu}};
  const Json value = json.value("hidden_act", Json(kDefaultActivation));
  for (const auto& [name, activation] : kNames) {
    if (value != name) continue;
    config.activation = activation;
    return Status::ok();
  }
  return wrong(StatusCode::unsupported, path, "hidden_act",
               fmt::format("is {}, known are gelu, gelu_new, gelu_pytorch_tanh and relu", value.dump()));
}

// A field that this engine knows one value of, where it is given at all.
Status require_value(const Json& json, const std::string& path, const char* field, const Json& only) {
  const auto found = json.find(field);
  if (found == json.end() || found->is_null() || *found == only) return Status::ok();
  return wrong(StatusCode::unsupported, path, field,
               fmt::format("is {}, only {} is supported", found->dump(), only.dump()));
}

Status check_architecture(const Json& json, const std::string& path) {
  if (!json.is_object()) return {StatusCode::corrupt, fmt::format("{}: is not a JSON object", path)};
  if (!json.contains("model_type")) return wrong(StatusCode::corrupt, path, "model_type", "is missing");
  for (const auto& [field, only] :
       std::initializer_list<std::pair<const char*, Json>>{{"model_type", "bert"},
                                                           {"position_embedding_type", "absolute"},
                                                           {"is_decoder", false},
                                                           {"add_cross_attention", false}})
    MEMO_RETURN_IF_ERROR(require_value(json, path, field, only));
  return Status::ok();
}

bool is_set(const Json& json, std::string_view field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

// Sentence-transformers say here how states become one vector; a bare BERT says nothing and is averaged.
Result<Pooling> read_pooling(const std::string& path) {
  auto json = read_json_file(path, kMaxConfigBytes);
  if (!json && json.status().code() == StatusCode::not_found) return Pooling::mean;
  if (!json) return json.status();
  if (!json->is_object()) return Status(StatusCode::corrupt, fmt::format("{}: is not a JSON object", path));
  const bool mean = is_set(*json, "pooling_mode_mean_tokens");
  const bool cls = is_set(*json, "pooling_mode_cls_token");
  const bool other = is_set(*json, "pooling_mode_max_tokens") ||
                     is_set(*json, "pooling_mode_mean_sqrt_len_tokens") ||
                     is_set(*json, "pooling_mode_weightedmean_tokens") || is_set(*json, "pooling_mode_lasttoken");
  if (mean == cls || other)
    return wrong(StatusCode::unsupported, path, "pooling_mode",
                 "must be exactly one of pooling_mode_mean_tokens and pooling_mode_cls_token");
  return cls ? Pooling::cls : Pooling::mean;
}

}  // namespace

Result<BertConfig> BertConfig::load(const std::string& folder) {
  const std::string path = folder + "/config.json";
  auto json = read_json_file(path, kMaxConfigBytes);
  if (!json) return json.status();
  MEMO_RETURN_IF_ERROR(check_architecture(*json, path));
  BertConfig config;
  MEMO_RETURN_IF_ERROR(read_sizes(*json, path, config));
  MEMO_RETURN_IF_ERROR(read_epsilon(*json, path, config));
  MEMO_RETURN_IF_ERROR(read_activation(*json, path, config));
  auto pooling = read_pooling(folder + "/1_Pooling/config.json");
  if (!pooling) return pooling.status();
  config.pooling = *pooling;
  return config;
}

}  // namespace memo
