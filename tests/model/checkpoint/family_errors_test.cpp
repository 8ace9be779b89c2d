// What is wrong with a checkpoint is an error that names the file and the field or tensor.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <limits>

#include "tests/support/model_folder.h"

namespace memo {
namespace {

using nlohmann::json;
using test::ModelFolder;

struct FieldCase {
  const char* folder;
  const char* field;
  json value;
  StatusCode code;
};

const FieldCase kFieldCases[] = {
    {"bert-classifier", "model_type", "deberta", StatusCode::unsupported},
    {"bert-classifier", "model_type", 7, StatusCode::corrupt},
    {"bert-classifier", "hidden_act", "swish", StatusCode::unsupported},
    {"bert-classifier", "hidden_act", json::array(), StatusCode::unsupported},
    {"bert-classifier", "position_embedding_type", "relative_key", StatusCode::unsupported},
    {"bert-classifier", "position_embedding_type", nullptr, StatusCode::unsupported},
    {"bert-classifier", "is_decoder", true, StatusCode::unsupported},
    {"bert-classifier", "add_cross_attention", true, StatusCode::unsupported},
    {"bert-classifier", "hidden_act", nullptr, StatusCode::corrupt},
    {"bert-classifier", "pruned_heads", {{"0", {1}}}, StatusCode::unsupported},
    {"bert-classifier", "quantization_config", {{"quant_method", "gptq"}}, StatusCode::unsupported},
    {"bert-classifier", "quantization_config", json::object(), StatusCode::unsupported},
    {"bert-classifier", "hidden_size", 65, StatusCode::corrupt},
    {"bert-classifier", "hidden_size", 0, StatusCode::corrupt},
    {"bert-classifier", "hidden_size", -64, StatusCode::corrupt},
    {"bert-classifier", "hidden_size", 64.0, StatusCode::corrupt},
    {"bert-classifier", "hidden_size", "64", StatusCode::corrupt},
    {"bert-classifier", "vocab_size", std::numeric_limits<std::uint64_t>::max(), StatusCode::corrupt},
    {"bert-classifier", "num_hidden_layers", 5000, StatusCode::corrupt},
    {"bert-classifier", "num_attention_heads", nullptr, StatusCode::corrupt},
    {"bert-classifier", "type_vocab_size", 0, StatusCode::corrupt},
    {"bert-classifier", "layer_norm_eps", -1, StatusCode::corrupt},
    {"bert-classifier", "layer_norm_eps", 0, StatusCode::corrupt},
    {"bert-classifier", "layer_norm_eps", nullptr, StatusCode::corrupt},
    {"bert-classifier", "architectures", "BertModel", StatusCode::corrupt},
    {"bert-classifier", "architectures", {1}, StatusCode::corrupt},
    {"bert-classifier", "id2label", {"ham", "spam"}, StatusCode::corrupt},
    {"bert-classifier", "id2label", {{"0", "ham"}, {"2", "spam"}}, StatusCode::corrupt},
    {"bert-classifier", "id2label", {{"0", 1}}, StatusCode::corrupt},
    {"bert-classifier", "id2label", json::object(), StatusCode::corrupt},
    {"bert-classifier", "num_labels", 4, StatusCode::corrupt},
    {"distilbert-classifier", "dim", 63, StatusCode::corrupt},
    {"distilbert-classifier", "n_heads", 0, StatusCode::corrupt},
    {"distilbert-classifier", "activation", "silu", StatusCode::unsupported},
    {"distilbert-classifier", "num_labels", 100'000, StatusCode::corrupt},
    {"distilbert-classifier", "pruned_heads", {{"1", {0}}}, StatusCode::unsupported},
    {"distilbert-classifier", "hidden_size", 32, StatusCode::unsupported},
    {"distilbert-classifier", "num_hidden_layers", 1, StatusCode::unsupported},
    {"distilbert-classifier", "num_attention_heads", 4, StatusCode::unsupported},
    {"roberta-classifier", "pad_token_id", -1, StatusCode::corrupt},
    {"roberta-classifier", "pad_token_id", 90, StatusCode::corrupt},
    {"roberta-classifier", "pad_token_id", nullptr, StatusCode::corrupt},
    {"roberta-classifier", "is_decoder", true, StatusCode::unsupported},
    {"roberta-classifier", "position_embedding_type", "relative_key_query", StatusCode::unsupported},
    {"roberta-classifier", "max_position_embeddings", 2, StatusCode::corrupt},
    {"roberta-classifier", "add_cross_attention", true, StatusCode::unsupported},
    {"deberta-v2", "embedding_size", 32, StatusCode::unsupported},
    {"deberta-v2", "conv_kernel_size", 3, StatusCode::unsupported},
    {"deberta-v2", "attention_head_size", 16, StatusCode::unsupported},
    {"deberta-v2", "pos_att_type", "c2p|p2p", StatusCode::unsupported},
    {"deberta-v2", "pos_att_type", 2, StatusCode::corrupt},
    {"deberta-v2", "pos_att_type", {"C2P"}, StatusCode::unsupported},
    {"deberta-v2", "pos_att_type", {"p2c|c2p"}, StatusCode::unsupported},
    {"deberta-v2", "attention_head_size", nullptr, StatusCode::unsupported},
    {"deberta-v2", "pooler_hidden_size", 32, StatusCode::unsupported},
    {"deberta-v2", "quantization_config", {{"load_in_8bit", true}}, StatusCode::unsupported},
    {"deberta-v2", "relative_attention", "yes", StatusCode::corrupt},
    {"deberta-v2", "position_buckets", 1, StatusCode::corrupt},
    {"deberta-v2", "position_buckets", 46, StatusCode::corrupt},
    {"deberta-v2", "max_relative_positions", 1'000'000, StatusCode::corrupt},
    {"deberta-v2", "type_vocab_size", -1, StatusCode::corrupt},
    {"gpt2", "n_embd", 65, StatusCode::corrupt},
    {"gpt2", "n_inner", 0, StatusCode::corrupt},
    {"gpt2", "n_positions", 100'000, StatusCode::corrupt},
    {"gpt2", "scale_attn_weights", false, StatusCode::unsupported},
    {"gpt2", "scale_attn_weights", nullptr, StatusCode::unsupported},
    {"gpt2", "num_attention_heads", 4, StatusCode::unsupported},
    {"gpt2", "max_position_embeddings", 32, StatusCode::unsupported},
    {"gpt2", "pruned_heads", {{"0", {0}}}, StatusCode::unsupported},
    {"gpt2", "activation_function", "quick_gelu", StatusCode::unsupported},
    {"gpt2", "scale_attn_by_inverse_layer_idx", true, StatusCode::unsupported},
    {"gpt2", "reorder_and_upcast_attn", true, StatusCode::unsupported},
    {"gpt2", "add_cross_attention", true, StatusCode::unsupported},
    {"gpt2", "layer_norm_epsilon", "small", StatusCode::corrupt},
    {"mpnet", "relative_attention_num_buckets", 64, StatusCode::unsupported},
    {"mpnet", "relative_attention_num_buckets", nullptr, StatusCode::unsupported},
    {"mpnet", "is_decoder", true, StatusCode::unsupported},
    {"mpnet", "max_position_embeddings", 2, StatusCode::corrupt},
    {"mpnet", "hidden_act", "silu", StatusCode::unsupported},
    {"mpnet", "pruned_heads", {{"0", {0}}}, StatusCode::unsupported},
};

TEST(FamilyErrors, EachFieldThatCannotBeIsNamed) {
  for (const auto& [name, field, value, code] : kFieldCases) {
    const ModelFolder folder(std::string("families/") + name);
    const Status status = folder.config_with(field, value).status();
    EXPECT_EQ(status.code(), code) << name << ": " << field << " " << value << ": " << status.message();
    EXPECT_NE(status.message().find(std::string("config.json: ") + field + " "), std::string::npos)
        << status.message();
  }
}

TEST(FamilyErrors, EachSizeThatIsMissingIsNamed) {
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"bert-classifier", {"model_type", "vocab_size", "hidden_size", "num_hidden_layers", "type_vocab_size"}},
      {"distilbert-classifier", {"dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings"}},
      {"roberta-classifier", {"num_attention_heads", "intermediate_size", "max_position_embeddings"}},
      {"deberta-v2", {"vocab_size", "hidden_size"}},
      {"mpnet", {"vocab_size", "hidden_size", "num_attention_heads", "max_position_embeddings"}},
      {"gpt2", {"n_embd", "n_layer", "n_head", "n_positions", "vocab_size"}}};
  for (const auto& [name, fields] : cases)
    for (const char* field : fields) {
      const Status status = ModelFolder(std::string("families/") + name).config_without(field).status();
      EXPECT_EQ(status.code(), StatusCode::corrupt);
      EXPECT_NE(status.message().find(std::string(field) + " is missing"), std::string::npos) << status.message();
    }
}

TEST(FamilyErrors, AnUnknownFamilyIsToldWhichAreKnown) {
  const Status status = ModelFolder("families/gpt2").config_with("model_type", "llama").status();
  EXPECT_NE(status.message().find("bert, distilbert, roberta, xlm-roberta, camembert, deberta-v2, gpt2, mpnet"),
            std::string::npos)
      << status.message();
}

TEST(FamilyErrors, AConfigThatIsNoObjectIsCorrupt) {
  const ModelFolder folder("families/gpt2");
  for (const char* text : {"", "[]", "null", "{", R"({"model_type": "gpt2", "model_type": "bert"})"}) {
    folder.write_text("config.json", text);
    const Status status = Checkpoint::load(folder.path()).status();
    EXPECT_EQ(status.code(), StatusCode::corrupt) << text;
    EXPECT_NE(status.message().find("config.json"), std::string::npos) << status.message();
  }
}

TEST(FamilyErrors, AConfigThatIsTooLargeIsToldTheLimit) {
  const ModelFolder folder("families/gpt2");
  folder.write_text("config.json", "{}" + std::string(std::size_t{1} << 20, ' '));
  const Status status = Checkpoint::load(folder.path()).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_NE(status.message().find("config.json: has 1048578 bytes, at most 1048576 are read"), std::string::npos)
      << status.message();
}

TEST(FamilyErrors, UnknownWaysOfNormalizingPositionsAreNamed) {
  ModelFolder folder("families/deberta-v2");
  folder.config["norm_rel_ebd"] = "batch_norm";
  const Status status = folder.load().status();
  EXPECT_EQ(status.code(), StatusCode::unsupported);
  EXPECT_NE(status.message().find("norm_rel_ebd"), std::string::npos) << status.message();
}

// One tensor of each kind a family: leaving it out or reshaping it must be named, whatever head there is.
const std::pair<const char*, std::vector<const char*>> kTensorCases[] = {
    {"bert-classifier",
     {"bert.embeddings.word_embeddings.weight", "bert.encoder.layer.1.attention.self.key.bias",
      "bert.encoder.layer.0.output.LayerNorm.weight", "bert.pooler.dense.weight", "classifier.weight"}},
    {"distilbert-classifier",
     {"distilbert.embeddings.position_embeddings.weight", "distilbert.transformer.layer.1.attention.v_lin.weight",
      "distilbert.transformer.layer.0.sa_layer_norm.bias", "pre_classifier.bias", "classifier.bias"}},
    {"roberta-classifier",
     {"roberta.embeddings.position_embeddings.weight", "roberta.embeddings.token_type_embeddings.weight",
      "classifier.dense.weight", "classifier.out_proj.bias"}},
    {"deberta-v3-classifier",
     {"deberta.encoder.rel_embeddings.weight", "deberta.encoder.LayerNorm.bias", "pooler.dense.bias",
      "deberta.encoder.layer.1.attention.self.query_proj.weight"}},
    {"deberta-v2",
     {"encoder.layer.1.attention.self.pos_key_proj.weight", "embeddings.position_embeddings.weight",
      "embeddings.token_type_embeddings.weight"}},
    {"gpt2",
     {"transformer.wte.weight", "transformer.wpe.weight", "transformer.h.1.attn.c_attn.weight",
      "transformer.h.0.mlp.c_proj.bias", "transformer.ln_f.weight"}},
    {"gpt2-classifier", {"score.weight"}},
    {"mpnet",
     {"embeddings.position_embeddings.weight", "encoder.relative_attention_bias.weight",
      "encoder.layer.1.attention.attn.o.bias", "encoder.layer.0.attention.LayerNorm.weight"}},
    {"mpnet-classifier", {"mpnet.encoder.layer.0.attention.attn.v.weight", "classifier.out_proj.bias"}}};

// The name without the prefix that a checkpoint may leave out.
std::string bare(const std::string& name) {
  for (const char* prefix : {"bert.", "distilbert.", "roberta.", "deberta.", "transformer.", "mpnet."})
    if (name.starts_with(prefix)) return name.substr(std::strlen(prefix));
  return name;
}

void expect_names(const Status& status, StatusCode code, const std::string& name) {
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_NE(status.message().find("model.safetensors: tensor \""), std::string::npos) << status.message();
  EXPECT_NE(status.message().find(name + "\""), std::string::npos) << status.message();
}

TEST(FamilyErrors, EachThingWrongWithATensorIsNamed) {
  for (const auto& [model, names] : kTensorCases)
    for (const std::string name : names) {
      ModelFolder folder(std::string("families/") + model);
      const at::Tensor original = folder.tensors.at(name);
      folder.tensors[name] = at::cat({original, original});
      expect_names(folder.load().status(), StatusCode::invalid_argument, bare(name));
      folder.tensors[name] = original.clone();
      folder.tensors[name].view(-1)[1] = std::numeric_limits<float>::quiet_NaN();
      expect_names(folder.load().status(), StatusCode::corrupt, bare(name));
      folder.tensors[name] = original.to(at::kByte);
      expect_names(folder.load().status(), StatusCode::unsupported, bare(name));
      folder.tensors.erase(name);
      expect_names(folder.load().status(), StatusCode::not_found, bare(name));
    }
}

TEST(FamilyErrors, BrokenFilesAreNamed) {
  const ModelFolder folder("families/distilbert-classifier");
  std::filesystem::resize_file(folder.weights_path(), 50'000);
  Status status = Checkpoint::load(folder.path()).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_NE(status.message().find("truncated"), std::string::npos) << status.message();
  folder.write_text("model.safetensors", std::string(7, '\x7f') + std::string(100, ' '));
  status = Checkpoint::load(folder.path()).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_NE(status.message().find("header length is"), std::string::npos) << status.message();
  std::filesystem::remove(folder.weights_path());
  status = Checkpoint::load(folder.path()).status();
  EXPECT_EQ(status.code(), StatusCode::not_found);
  EXPECT_NE(status.message().find("model.safetensors"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace memo
