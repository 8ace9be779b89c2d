#include "model/families/task.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>

#include "model/checkpoint/torch_names.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxLabels = 65'536;
constexpr std::int64_t kDefaultLabels = 2;  // of a config that says nothing

// A task head, by the end of its architecture's name.
struct HeadName {
  std::string_view ending;
  std::optional<Task> task;  // nothing: an unsupported task head
};

// The first that fits counts. The heads of masked language models are not run: such models are published to make
// embeddings or to be trained further.
constexpr HeadName kHeads[] = {{"ForSequenceClassification", Task::classification},
                               {"LMHeadModel", Task::next_token},
                               {"DoubleHeadsModel", std::nullopt},
                               {"ForMaskedLM", Task::embedding},
                               {"ForPreTraining", Task::embedding},
                               {"Model", Task::embedding}};

// id2label {"0": "ham", "1": "spam"} -> {"ham", "spam"}
void read_label_names(ConfigReader& json, const Json& names, std::vector<std::string>& labels) {
  if (!names.is_object() || names.empty() || names.size() > static_cast<std::size_t>(kMaxLabels))
    return json.fail(StatusCode::corrupt, "id2label",
                     fmt::format("must be a JSON object of 1 to {} names", kMaxLabels));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = names.find(std::to_string(i));
    if (found == names.end())
      return json.fail(StatusCode::corrupt, "id2label", fmt::format("has no name for label {}", i));
    if (!found->is_string())
      return json.fail(
          StatusCode::corrupt, "id2label",
          fmt::format("names label {0} with the {1} {2}; names must be strings, as in {{\"{0}\": \"{2}\"}}", i,
                      found->type_name(), found->dump()));
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

// The activation that CrossEncoder of sentence-transformers wrote into the config; nothing where it did not.
std::optional<ScoreFunction> read_cross_encoder_function(ConfigReader& json) {
  const Json& config = json.json();
  if (json.has("sentence_transformers") && config["sentence_transformers"].is_object()) {
    const Json activation = config["sentence_transformers"].value("activation_fn", Json());
    if (!activation.is_null()) return read_score_function(json, "sentence_transformers.activation_fn", activation);
  }
  const char* older = "sbert_ce_default_activation_function";
  if (!json.has(older)) return {};
  return read_score_function(json, older, config[older]);
}

ScoreFunction function_of_problem(ConfigReader& json, std::size_t labels) {
  const std::string problem = json.text("problem_type", "");
  if (problem == "regression") return ScoreFunction::identity;
  if (problem == "multi_label_classification") return ScoreFunction::sigmoid;
  if (!problem.empty() && problem != "single_label_classification")
    json.fail(StatusCode::unsupported, "problem_type",
              fmt::format("is \"{}\", known are regression, single_label_classification and "
                          "multi_label_classification",
                          problem));
  return labels == 1 ? ScoreFunction::sigmoid : ScoreFunction::softmax;
}

// The task of the first architecture; nothing, and a failure, where its task head is not supported.
std::optional<Task> read_head(ConfigReader& json, bool causal) {
  if (!json.has("architectures")) return Task::embedding;
  const Json& architectures = json.json()["architectures"];
  if (!is_list_of_strings(architectures)) {
    json.fail(StatusCode::corrupt, "architectures",
              fmt::format("is {}, must be a list of strings", architectures.dump()));
    return {};
  }
  if (architectures.empty()) return Task::embedding;
  const auto& name = architectures.front().get_ref<const std::string&>();
  const auto* head = std::ranges::find_if(kHeads, [&](const HeadName& one) { return name.ends_with(one.ending); });
  const bool known = head != std::end(kHeads) && head->task && (*head->task != Task::next_token || causal);
  if (known) return head->task;
  json.fail(StatusCode::unsupported, "architectures",
            fmt::format("is \"{}\", a head that is not run here; known endings are Model, ForMaskedLM and "
                        "ForPreTraining (embeddings), ForSequenceClassification (scores){}",
                        name, causal ? " and LMHeadModel (tokens)" : ""));
  return {};
}

}  // namespace

ScoreFunction read_score_function(ConfigReader& json, std::string_view field, const Json& value) {
  const std::optional<Function> activation = torch_activation(value);
  if (activation == Function::identity) return ScoreFunction::identity;
  if (activation == Function::sigmoid) return ScoreFunction::sigmoid;
  json.fail(StatusCode::unsupported, field,
            fmt::format("is {}, known are Identity and Sigmoid of torch.nn", value.dump()));
  return ScoreFunction::identity;
}

void read_task(ConfigReader& json, Pooling pooling, ModelConfig& config) {
  const std::optional<Task> task = read_head(json, config.causal);
  if (!task) return;
  config.task = *task;
  if (config.task != Task::classification) return;
  config.pooling = {pooling};
  read_labels(json, config.labels);
  config.score_function = function_of_problem(json, config.labels.size());
  if (const auto own = read_cross_encoder_function(json)) config.score_function = *own;
}

}  // namespace memo
