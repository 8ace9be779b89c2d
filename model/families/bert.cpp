// BERT, and sentence-transformers made of it.
// Source: Devlin et al., arXiv 1810.04805; Hugging Face's BertModel and BertForSequenceClassification.
#include "model/families/bert_layout.h"

#include "model/families/family.h"
#include "model/families/task.h"

namespace memo {
namespace {

void read_plain_config(ConfigReader& json, ModelConfig& config) {
  read_bert_config(json, config);
  read_task(json, Pooling::cls, config);
}

void read_plain_weights(ConfigReader&, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  read_bert_embeddings(tensors, true, checkpoint);
  read_bert_layers(tensors, kBertLayerNames, checkpoint);
  if (config.task != Task::classification) return;
  checkpoint.classification = {tensors.linear("pooler.dense", config.hidden, config.hidden), Activation::tanh,
                               tensors.linear("classifier", label_count(config), config.hidden)};
}

constexpr std::string_view kBertTypes[] = {"bert"};

}  // namespace

const FamilyReader kBertReader = {Family::bert, kBertTypes, "bert.", read_plain_config, read_plain_weights};

}  // namespace memo
