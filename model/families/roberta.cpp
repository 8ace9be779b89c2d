// RoBERTa, XLM-RoBERTa and CamemBERT: BERT's layers; positions begin behind the padding token's id.
// Source: Liu et al., arXiv 1907.11692; Hugging Face's RobertaModel and RobertaForSequenceClassification.
#include <fmt/format.h>

#include "model/families/bert_layout.h"
#include "model/families/family.h"
#include "model/families/task.h"

namespace memo {
namespace {

constexpr std::int64_t kDefaultPadId = 1;

void read_positions(ConfigReader& json, ModelConfig& config) {
  const std::int64_t rows = config.max_positions;
  config.position_offset = 1 + json.number("pad_token_id", {0, config.vocabulary - 1, kDefaultPadId});
  config.max_positions = rows - config.position_offset;
  if (config.max_positions > 0) return;
  json.fail(StatusCode::corrupt, "max_position_embeddings",
            fmt::format("is {}, must be more than pad_token_id + 1, {}", rows, config.position_offset));
}

void read_config(ConfigReader& json, ModelConfig& config) {
  read_bert_config(json, config);
  read_positions(json, config);
  read_classification(json, Pooling::cls, config);
}

void read_weights(ConfigReader&, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  read_bert_embeddings(tensors, true, checkpoint);
  read_bert_layers(tensors, kBertProjections, checkpoint);
  if (config.task != Task::classification) return;
  checkpoint.classification = {tensors.linear("classifier.dense", config.hidden, config.hidden), Activation::tanh,
                               tensors.linear("classifier.out_proj", label_count(config), config.hidden)};
}

constexpr std::string_view kModelTypes[] = {"roberta", "xlm-roberta", "camembert"};

}  // namespace

const FamilyReader kRobertaReader = {Family::roberta, kModelTypes, "roberta.", read_config, read_weights};

}  // namespace memo
