// Fields of a config.json that may say anything.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/model_folder.h"

namespace memo {
namespace {

using nlohmann::json;
using test::ModelFolder;

// Transformers compute the same whatever these say.
TEST(HarmlessFields, AreNotRefusedAndChangeNothing) {
  const std::pair<const char*, std::vector<std::pair<const char*, json>>> cases[] = {
      {"bert-classifier",
       {{"chunk_size_feed_forward", 8},
        {"torch_dtype", "float16"},
        {"use_return_dict", false},
        {"tie_word_embeddings", false},
        {"classifier_dropout", 0.5},
        {"pad_token_id", nullptr},
        {"auto_map", {{"AutoModel", "modeling.MyModel"}}},
        {"pruned_heads", json::object()},
        {"pruned_heads", nullptr},
        {"quantization_config", nullptr},
        {"is_decoder", nullptr}}},
      {"distilbert-classifier",
       {{"sinusoidal_pos_embds", true}, {"is_decoder", true}, {"hidden_size", 64}, {"num_attention_heads", 2}}},
      {"deberta-v2", {{"legacy", false}, {"is_decoder", true}, {"conv_act", "relu"}, {"padding_idx", 3}}},
      {"gpt2", {{"tie_word_embeddings", true}, {"is_decoder", true}, {"n_layer", 2}, {"num_hidden_layers", 2}}},
      {"mpnet", {{"pad_token_id", -1}, {"tie_word_embeddings", false}, {"type_vocab_size", 2}}}};
  for (const auto& [name, fields] : cases) {
    const ModelFolder folder(std::string("families/") + name);
    const Digest expected = Checkpoint::load(folder.path())->fingerprint;
    for (const auto& [field, value] : fields) {
      ASSERT_TRUE(folder.config_with(field, value).is_ok()) << name << ": " << field << " " << value;
      EXPECT_EQ(Checkpoint::load(folder.path())->fingerprint, expected) << name << ": " << field << " " << value;
    }
  }
}

TEST(HarmlessFields, ANullFlagIsFalse) {
  ModelFolder folder("families/deberta-v2");
  folder.config["position_biased_input"] = nullptr;
  EXPECT_FALSE(folder.load()->position_embeddings.defined());
}

}  // namespace
}  // namespace memo
