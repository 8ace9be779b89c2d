#include "model/folder/sentence_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

#include "model/families/sizes.h"
#include "model/families/task.h"
#include "model/folder/json_object.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxPromptBytes = std::size_t{64} << 10;
constexpr std::string_view kSimilarities[] = {"cosine", "dot", "euclidean", "manhattan"};

std::string names_of(const Prompts& prompts) {
  std::vector<std::string> names;
  for (const auto& [name, text] : prompts.by_name) names.push_back(Json(name).dump(-1, ' ', true));
  return fmt::format("{}", fmt::join(names, ", "));
}

void read_prompt(ConfigReader& json, const std::string& name, const Json& text, Prompts& prompts) {
  if (!text.is_string() && !text.is_null())
    return json.fail(StatusCode::corrupt, "prompts",
                     fmt::format("{} is {}, must be a string", Json(name).dump(), text.dump()));
  std::string value = text.is_null() ? "" : text.get<std::string>();
  if (value.size() > kMaxPromptBytes)
    return json.fail(
        StatusCode::corrupt, "prompts",
        fmt::format("{} has {} bytes, at most {} are read", Json(name).dump(), value.size(), kMaxPromptBytes));
  prompts.by_name[name] = std::move(value);
}

void read_prompts(ConfigReader& json, Prompts& prompts) {
  if (json.json().contains("prompts") && !json.json()["prompts"].is_object())
    return json.fail(StatusCode::corrupt, "prompts",
                     fmt::format("is {}, must be an object of texts", json.json()["prompts"].dump()));
  if (json.has("prompts"))
    for (const auto& [name, text] : json.json()["prompts"].items()) read_prompt(json, name, text, prompts);
  if (!json.has("default_prompt_name")) return;
  const std::string name = json.text("default_prompt_name", "");
  if (!prompts.by_name.contains(name))
    return json.fail(StatusCode::corrupt, "default_prompt_name",
                     fmt::format("is {}, the prompts are {}", Json(name).dump(), names_of(prompts)));
  prompts.default_name = name;
}

void read_similarity(ConfigReader& json, std::string& similarity) {
  similarity = json.text("similarity_fn_name", similarity);
  if (std::ranges::find(kSimilarities, similarity) == std::end(kSimilarities))
    json.fail(StatusCode::unsupported, "similarity_fn_name",
              fmt::format("is {}, known are {}", Json(similarity).dump(), fmt::join(kSimilarities, ", ")));
}

bool is_cross_encoder(ConfigReader& json) {
  const std::string type = json.text("model_type", "SentenceTransformer");
  if (type != "SentenceTransformer" && type != "CrossEncoder")
    json.fail(StatusCode::unsupported, "model_type",
              fmt::format("is {}, known are SentenceTransformer and CrossEncoder", Json(type).dump()));
  return type == "CrossEncoder";
}

void read_sentence_fields(ConfigReader& json, SentenceSettings& settings) {
  read_prompts(json, settings.prompts);
  settings.cross_encoder = is_cross_encoder(json);
  if (settings.cross_encoder) {
    if (json.has("activation_fn"))
      settings.score_function = read_score_function(json, "activation_fn", json.json()["activation_fn"]);
    return;
  }
  read_similarity(json, settings.similarity);
  if (json.has("truncate_dim")) settings.truncate = json.number("truncate_dim", {1, kMaxIntermediate, 1});
}

}  // namespace

Result<std::string> Prompts::text(const std::optional<std::string>& name) const {
  if (!name && !default_name) return std::string();
  if (file.empty())
    return Status(StatusCode::invalid_argument,
                  "a model that does not embed has no prompts by name; --prompt TEXT puts one before each text");
  const auto found = by_name.find(name ? *name : *default_name);
  if (found != by_name.end()) return found->second;
  return Status(StatusCode::invalid_argument, fmt::format("{}: no prompt is called {}, the prompts are {}", file,
                                                          Json(*name).dump(), names_of(*this)));
}

Result<SentenceSettings> SentenceSettings::read(const std::string& folder) {
  const std::string path = folder + "/config_sentence_transformers.json";
  MEMO_ASSIGN_OR_RETURN(const auto object, read_optional_object(path));
  SentenceSettings settings;
  settings.prompts.file = path;
  if (!object) return settings;
  ConfigReader json(*object, path);
  read_sentence_fields(json, settings);
  if (!json.status()) return json.status();
  return settings;
}

}  // namespace memo
