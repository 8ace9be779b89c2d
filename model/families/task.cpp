#include "model/families/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxLabels = 65'536;
constexpr std::int64_t kDefaultLabels = 2;  // of a config that says nothing

bool is_list_of_strings(const Json& json) {
  return json.is_array() && std::ranges::all_of(json, [](const Json& one) { return one.is_string(); });
}

// id2label {"0": "ham", "1": "spam"} -> {"ham", "spam"}
void read_label_names(ConfigReader& json, const Json& names, std::vector<std::string>& labels) {
  if (!names.is_object() || names.empty() || names.size() > static_cast<std::size_t>(kMaxLabels))
    return json.fail(StatusCode::corrupt, "id2label",
                     fmt::format("must be a JSON object of 1 to {} names", kMaxLabels));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = names.find(std::to_string(i));
    if (found == names.end() || !found->is_string())
      return json.fail(StatusCode::corrupt, "id2label", fmt::format("has no name for label {}", i));
    labels.push_back(found->get<std::string>());
  }
}

void read_labels(ConfigReader& json, std::vector<std::string>& labels) {
  if (json.has("id2label")) read_label_names(json, json.json()["id2label"], labels);
  const auto named = static_cast<std::int64_t>(labels.size());
  const std::int64_t count = json.number("num_labels", {1, kMaxLabels, named > 0 ? named : kDefaultLabels});
  if (named > 0 && count != named)
    return json.fail(StatusCode::corrupt, "num_labels", fmt::format("is {}, id2label has {}", count, named));
  while (static_cast<std::int64_t>(labels.size()) < count)
    labels.push_back(fmt::format("LABEL_{}", labels.size()));
}

}  // namespace

bool is_architecture(ConfigReader& json, std::string_view suffix) {
  if (!json.has("architectures")) return false;
  const Json& architectures = json.json()["architectures"];
  if (is_list_of_strings(architectures))
    return std::ranges::any_of(
        architectures, [&](const Json& one) { return one.get_ref<const std::string&>().ends_with(suffix); });
  json.fail(StatusCode::corrupt, "architectures",
            fmt::format("is {}, must be a list of strings", architectures.dump()));
  return false;
}

void read_classification(ConfigReader& json, Pooling pooling, ModelConfig& config) {
  if (!is_architecture(json, "ForSequenceClassification")) return;
  config.task = Task::classification;
  config.pooling = pooling;
  read_labels(json, config.labels);
}

}  // namespace memo
