#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <functional>

#include "embed/safetensors/safetensors.h"
#include "model/checkpoint/checkpoint.h"
#include "tests/model/golden.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

using Tensors = std::map<std::string, at::Tensor>;
constexpr const char* kQuery = "encoder.layer.1.attention.self.query.weight";

// A copy of the tiny model that a test can break.
class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() {
    std::filesystem::copy(
        test::data_path("tiny-bert"), folder_.path(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    auto file = SafetensorsFile::open(folder_.file("model.safetensors"));
    for (const std::string& name : file->names())
      for (const auto& shape : {std::vector<std::int64_t>{-1}, std::vector<std::int64_t>{-1, -1}})
        if (auto tensor = file->tensor(name, shape)) tensors_[name] = to_torch(*tensor);
  }

  Result<Checkpoint> load_with(const Tensors& tensors) {
    EXPECT_TRUE(write_safetensors(folder_.file("model.safetensors"), tensors, {}).is_ok());
    return Checkpoint::load(folder_.path());
  }

  Status load_config(const std::string& field, const nlohmann::json& value) {
    nlohmann::json config = read_json_file(test::data_path("tiny-bert/config.json"), 1 << 20).value();
    config[field] = value;
    std::ofstream(folder_.file("config.json")) << config;
    return ModelConfig::load(folder_.path()).status();
  }

  Tensors renamed(const std::function<std::string(std::string)>& rename) const {
    Tensors result;
    for (const auto& [name, tensor] : tensors_) result[rename(name)] = tensor;
    return result;
  }

  test::TempDir folder_;
  Tensors tensors_;
};

TEST_F(CheckpointTest, QueryKeyAndValueRowsFollowOneAnother) {
  const auto sut = load_with(tensors_);
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  const at::Tensor qkv = to_torch(sut->layers[1].qkv.weight);
  EXPECT_EQ(qkv.sizes(), (std::vector<std::int64_t>{192, 64}));
  const std::string prefix = "encoder.layer.1.attention.self.";
  EXPECT_TRUE(at::equal(qkv.narrow(0, 0, 64), tensors_[prefix + "query.weight"]));
  EXPECT_TRUE(at::equal(qkv.narrow(0, 64, 64), tensors_[prefix + "key.weight"]));
  EXPECT_TRUE(at::equal(qkv.narrow(0, 128, 64), tensors_[prefix + "value.weight"]));
}

TEST_F(CheckpointTest, PrefixedAndOlderNamesGiveTheSameModel) {
  const Digest expected = load_with(tensors_)->fingerprint;
  const auto prefixed = load_with(renamed([](std::string name) { return "bert." + name; }));
  ASSERT_TRUE(prefixed.is_ok()) << prefixed.status().message();
  const auto older = load_with(renamed([](std::string name) {
    for (const auto& [now, then] :
         {std::pair("LayerNorm.weight", "LayerNorm.gamma"), {"LayerNorm.bias", "LayerNorm.beta"}})
      if (const auto at = name.find(now); at != std::string::npos) return name.substr(0, at) + then;
    return name;
  }));
  ASSERT_TRUE(older.is_ok()) << older.status().message();
  EXPECT_EQ(prefixed->fingerprint, expected);
  EXPECT_EQ(older->fingerprint, expected);
}

TEST_F(CheckpointTest, HalfPrecisionWeightsAreThoseWeightsRounded) {
  Tensors halves;
  for (const auto& [name, tensor] : tensors_) halves[name] = tensor.to(at::kHalf);
  const auto sut = load_with(halves);
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  EXPECT_TRUE(
      at::equal(to_torch(sut->word_embeddings), halves["embeddings.word_embeddings.weight"].to(at::kFloat)));
}

TEST_F(CheckpointTest, FingerprintChangesWithAnyWeightAndWithTheArchitecture) {
  const Digest before = load_with(tensors_)->fingerprint;
  Tensors changed = tensors_;
  changed[kQuery] = changed[kQuery].clone();
  changed[kQuery][63][63] += 0.001;
  EXPECT_NE(load_with(changed)->fingerprint, before);
  ASSERT_TRUE(load_config("num_attention_heads", 2).is_ok());
  EXPECT_NE(load_with(tensors_)->fingerprint, before);
}

TEST_F(CheckpointTest, EachThingWrongWithAWeightIsNamed) {
  const std::tuple<at::Tensor, StatusCode> cases[] = {
      {at::Tensor(), StatusCode::not_found},
      {at::zeros({64, 63}), StatusCode::invalid_argument},
      {at::zeros({64, 64}, at::kByte), StatusCode::unsupported},
      {at::full({64, 64}, std::numeric_limits<float>::infinity()), StatusCode::corrupt}};
  for (const auto& [tensor, code] : cases) {
    Tensors broken = tensors_;
    broken.erase(kQuery);
    if (tensor.defined()) broken[kQuery] = tensor;
    const Status status = load_with(broken).status();
    EXPECT_EQ(status.code(), code) << status.message();
    EXPECT_NE(status.message().find(std::string("model.safetensors: tensor \"") + kQuery), std::string::npos)
        << status.message();
  }
}

TEST_F(CheckpointTest, MissingAndTruncatedFilesAreNamed) {
  std::filesystem::resize_file(folder_.file("model.safetensors"), 100'000);
  EXPECT_EQ(Checkpoint::load(folder_.path()).status().code(), StatusCode::corrupt);
  for (const char* name : {"model.safetensors", "config.json"}) {
    std::filesystem::remove(folder_.file(name));
    const Status status = Checkpoint::load(folder_.path()).status();
    EXPECT_EQ(status.code(), StatusCode::not_found);
    EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
  }
}

TEST_F(CheckpointTest, AConfigOfAnotherModelIsUnsupportedByField) {
  const std::pair<const char*, nlohmann::json> cases[] = {{"model_type", "t5"},
                                                          {"hidden_act", "swish"},
                                                          {"hidden_act", 3},
                                                          {"position_embedding_type", "relative_key"},
                                                          {"is_decoder", true}};
  for (const auto& [field, value] : cases) {
    const Status status = load_config(field, value);
    EXPECT_EQ(status.code(), StatusCode::unsupported);
    EXPECT_NE(status.message().find(std::string("config.json: ") + field), std::string::npos) << status.message();
  }
}

TEST_F(CheckpointTest, SizesThatCannotBeAreCorruptByField) {
  const std::pair<const char*, nlohmann::json> cases[] = {
      {"hidden_size", 0},           {"hidden_size", -64},   {"hidden_size", 65},
      {"hidden_size", "64"},        {"vocab_size", 1e12},   {"num_hidden_layers", 5000},
      {"type_vocab_size", nullptr}, {"layer_norm_eps", -1}, {"layer_norm_eps", "x"}};
  for (const auto& [field, value] : cases) {
    const Status status = load_config(field, value);
    EXPECT_EQ(status.code(), StatusCode::corrupt) << field << value;
    EXPECT_NE(status.message().find(field), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace memo
