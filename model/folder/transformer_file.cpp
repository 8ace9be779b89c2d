#include "model/folder/transformer_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "memo/types.h"
#include "model/folder/json_object.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// The first one that exists and is not empty counts.
constexpr const char* kNames[] = {"sentence_bert_config.json",       "sentence_roberta_config.json",
                                  "sentence_distilbert_config.json", "sentence_camembert_config.json",
                                  "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
                                  "sentence_xlnet_config.json"};

struct Task {
  const char* name;
  const char* method_output;  // of the model's forward()
  const char* output;         // of the module
};
constexpr Task kStates = {"feature-extraction", "last_hidden_state", "token_embeddings"};
constexpr Task kScores = {"sequence-classification", "logits", "scores"};

void require_task(ConfigReader& json, const Task& task) {
  const Json text = {{"method", "forward"}, {"method_output_name", task.method_output}};
  json.require("modality_config", {{"text", text}});
  json.require("module_output_name", task.output);
}

bool read_task(ConfigReader& json) {
  const std::string task = json.text("transformer_task", kStates.name);
  const bool scores = task == kScores.name;
  if (!scores && task != kStates.name)
    json.fail(StatusCode::unsupported, "transformer_task",
              fmt::format("is \"{}\", known are {} and {}", task, kStates.name, kScores.name));
  require_task(json, scores ? kScores : kStates);
  return scores;
}

TransformerSettings read_transformer_fields(ConfigReader& json) {
  TransformerSettings settings;
  allow_only(json, {"max_seq_length", "do_lower_case", "transformer_task", "modality_config", "module_output_name",
                    "processing_kwargs", "unpad_inputs", "model_args", "model_kwargs", "tokenizer_args",
                    "processor_kwargs", "config_args", "config_kwargs", "tokenizer_name_or_path"});
  for (const char* field : {"processing_kwargs", "model_args", "model_kwargs", "tokenizer_args",
                            "processor_kwargs", "config_args", "config_kwargs", "tokenizer_name_or_path"})
    require_empty(json, field);
  if (json.has("max_seq_length")) settings.max_length = json.number("max_seq_length", {2, kMaxLengthBucket, 2});
  settings.lowercase = json.flag("do_lower_case", false);
  settings.scores = read_task(json);
  return settings;
}

}  // namespace

Result<TransformerSettings> TransformerSettings::read(const std::string& folder) {
  for (const char* name : kNames) {
    const std::string path = folder + "/" + name;
    MEMO_ASSIGN_OR_RETURN(const auto object, read_optional_object(path));
    if (!object || object->empty()) continue;
    ConfigReader json(*object, path);
    TransformerSettings settings = read_transformer_fields(json);
    if (!json.status()) return json.status();
    settings.file = path;
    return settings;
  }
  return TransformerSettings{};
}

}  // namespace memo
