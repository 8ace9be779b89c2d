#include "tools/common/random_model/published_names.h"

#include <nlohmann/json.hpp>

namespace memo {
namespace {

using Json = nlohmann::json;

PublishedNames bert_names(const std::string& model_prefix) {
  PublishedNames names;
  names.model_prefix = model_prefix;
  names.words = "embeddings.word_embeddings";
  names.positions = "embeddings.position_embeddings";
  names.token_types = "embeddings.token_type_embeddings";
  names.first_norm = "embeddings.LayerNorm";
  names.layer = {"encoder.layer.",         {"attention.self.query", "attention.self.key", "attention.self.value"},
                 "attention.output.dense", "attention.output.LayerNorm",
                 "intermediate.dense",     "output.dense",
                 "output.LayerNorm"};
  names.head_dense = "pooler.dense";
  names.head_out = "classifier";
  return names;
}

PublishedNames roberta_names() {
  PublishedNames names = bert_names("roberta.");
  names.head_dense = "classifier.dense";
  names.head_out = "classifier.out_proj";
  return names;
}

PublishedNames distilbert_names() {
  PublishedNames names = bert_names("distilbert.");
  names.token_types = "";
  names.layer = {"transformer.layer.", {"attention.q_lin", "attention.k_lin", "attention.v_lin"},
                 "attention.out_lin",  "sa_layer_norm",
                 "ffn.lin1",           "ffn.lin2",
                 "output_layer_norm"};
  names.head_dense = "pre_classifier";
  return names;
}

PublishedNames deberta_names() {
  PublishedNames names = bert_names("deberta.");
  names.positions = "";
  names.token_types = "";
  for (std::string& projection : names.layer.projections) projection += "_proj";
  return names;
}

PublishedNames gpt2_names() {
  PublishedNames names;
  names.model_prefix = "transformer.";
  names.words = "wte";
  names.positions = "wpe";
  names.last_norm = "ln_f";
  names.layer = {"h.", {"attn.c_attn"}, "attn.c_proj", "ln_1", "mlp.c_fc", "mlp.c_proj", "ln_2"};
  names.head_out = "score";
  names.transposed = true;
  return names;
}

PublishedNames mpnet_names() {
  PublishedNames names = roberta_names();
  names.model_prefix = "mpnet.";
  names.token_types = "";
  names.layer.projections = {"attention.attn.q", "attention.attn.k", "attention.attn.v"};
  names.layer.attention_output = "attention.attn.o";
  names.layer.attention_norm = "attention.LayerNorm";
  return names;
}

Json bert_config(const RandomModel& options, const char* model_type) {
  return {{"model_type", model_type},
          {"hidden_size", options.hidden},
          {"num_hidden_layers", options.layers},
          {"num_attention_heads", options.heads},
          {"intermediate_size", options.intermediate},
          {"max_position_embeddings", options.max_positions + position_offset(options.family)},
          {"type_vocab_size", token_types(options.family)},
          {"layer_norm_eps", options.family == Family::deberta ? 1e-7 : 1e-12},
          {"hidden_act", "gelu"},
          {"pad_token_id", position_offset(options.family) > 0 ? position_offset(options.family) - 1 : 0}};
}

Json distilbert_config(const RandomModel& options) {
  return {{"model_type", "distilbert"},
          {"dim", options.hidden},
          {"n_layers", options.layers},
          {"n_heads", options.heads},
          {"hidden_dim", options.intermediate},
          {"max_position_embeddings", options.max_positions},
          {"activation", "gelu"}};
}

Json deberta_config(const RandomModel& options) {
  Json config = bert_config(options, "deberta-v2");
  config.update({{"relative_attention", true},
                 {"position_buckets", position_buckets(options)},
                 {"max_relative_positions", -1},
                 {"pos_att_type", {"p2c", "c2p"}},
                 {"share_att_key", true},
                 {"norm_rel_ebd", "layer_norm"},
                 {"position_biased_input", false}});
  return config;
}

Json mpnet_config(const RandomModel& options) {
  Json config = bert_config(options, "mpnet");
  config.erase("type_vocab_size");
  config["relative_attention_num_buckets"] = kDistanceBuckets;
  return config;
}

Json gpt2_config(const RandomModel& options) {
  return {{"model_type", "gpt2"},
          {"n_embd", options.hidden},
          {"n_layer", options.layers},
          {"n_head", options.heads},
          {"n_inner", options.intermediate},
          {"n_positions", options.max_positions},
          {"activation_function", "gelu_new"},
          {"layer_norm_epsilon", 1e-5},
          {"bos_token_id", 0},
          {"eos_token_id", 0}};
}

Json family_config(const RandomModel& options) {
  switch (options.family) {
    case Family::bert:
      return bert_config(options, "bert");
    case Family::roberta:
      return bert_config(options, "roberta");
    case Family::distilbert:
      return distilbert_config(options);
    case Family::deberta:
      return deberta_config(options);
    case Family::gpt2:
      return gpt2_config(options);
    case Family::mpnet:
      return mpnet_config(options);
  }
  return {};
}

// How the names of the classes begin that publish such models.
std::string class_stem(Family family) {
  switch (family) {
    case Family::bert:
      return "Bert";
    case Family::distilbert:
      return "DistilBert";
    case Family::roberta:
      return "Roberta";
    case Family::deberta:
      return "DebertaV2";
    case Family::gpt2:
      return "GPT2";
    case Family::mpnet:
      return "MPNet";
  }
  return {};
}

std::string class_suffix(Task task) {
  if (task == Task::embedding) return "Model";
  return task == Task::classification ? "ForSequenceClassification" : "LMHeadModel";
}

Json label_names(std::int64_t labels) {
  Json names = Json::object();
  for (std::int64_t i = 0; i < labels; ++i) names[std::to_string(i)] = "LABEL_" + std::to_string(i);
  return names;
}

}  // namespace

PublishedNames published_names(Family family) {
  switch (family) {
    case Family::bert:
      return bert_names("bert.");
    case Family::distilbert:
      return distilbert_names();
    case Family::roberta:
      return roberta_names();
    case Family::deberta:
      return deberta_names();
    case Family::gpt2:
      return gpt2_names();
    case Family::mpnet:
      return mpnet_names();
  }
  return {};
}

std::int64_t position_offset(Family family) {
  return family == Family::roberta || family == Family::mpnet ? 2 : 0;
}

std::int64_t token_types(Family family) {
  if (family == Family::bert) return 2;
  return family == Family::roberta ? 1 : 0;
}

std::int64_t position_buckets(const RandomModel& options) {
  return options.max_positions / 2;
}

Json published_config(const RandomModel& options) {
  Json config = family_config(options);
  config["vocab_size"] = options.vocabulary;
  config["architectures"] = {class_stem(options.family) + class_suffix(options.task)};
  if (options.task == Task::classification) config["id2label"] = label_names(options.labels);
  return config;
}

}  // namespace memo
