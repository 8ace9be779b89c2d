// RoBERTa, XLM-RoBERTa and CamemBERT: BERT's layers; positions begin after the padding token's id.
// Source: Liu et al., arXiv 1907.11692; Hugging Face's RobertaModel and RobertaForSequenceClassification.
#include "model/families/bert_layout.h"

#include "model/families/family.h"
#include "model/families/padded_positions.h"
#include "model/families/task.h"

namespace memo {
namespace {

constexpr std::int64_t kDefaultPadId = 1;

void read_roberta_config(ConfigReader& json, ModelConfig& config) {
  read_bert_config(json, config);
  json.refuse_null("pad_token_id");
  read_padded_positions(json, json.number("pad_token_id", {0, config.vocabulary - 1, kDefaultPadId}), config);
  read_task(json, Pooling::cls, config);
}

void read_roberta_weights(ConfigReader&, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  read_bert_embeddings(tensors, true, checkpoint);
  read_bert_layers(tensors, kBertLayerNames, checkpoint);
  if (config.task != Task::classification) return;
  checkpoint.classification = {tensors.linear("classifier.dense", config.hidden, config.hidden), Activation::tanh,
                               tensors.linear("classifier.out_proj", label_count(config), config.hidden)};
}

constexpr std::string_view kRobertaTypes[] = {"roberta", "xlm-roberta", "camembert"};

}  // namespace

const FamilyReader kRobertaReader = {Family::roberta, kRobertaTypes, "roberta.", read_roberta_config,
                                     read_roberta_weights};

}  // namespace memo
