// Checkpoints in several files.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/model_folder.h"

namespace memo {
namespace {

using nlohmann::json;

constexpr const char* kIndex = "model.safetensors.index.json";

class ShardsTest : public testing::Test {
 protected:
  // Every second tensor goes to the second file.
  ShardsTest() {
    whole_ = Checkpoint::load(folder_.path())->fingerprint;
    std::filesystem::remove(folder_.weights_path());
    test::Tensors parts[2];
    for (const auto& [name, tensor] : folder_.tensors) {
      const std::size_t part = weight_map_.size() % 2;
      parts[part][name] = tensor;
      weight_map_[name] = kFiles[part];
    }
    for (const int part : {0, 1}) folder_.write_weights(kFiles[part], parts[part]);
  }

  Result<Checkpoint> load_with(const json& index) {
    folder_.write_text(kIndex, index.dump());
    return Checkpoint::load(folder_.path());
  }
  // The map with one tensor in `shard`.
  Status status_with(const json& shard) {
    json weight_map = weight_map_;
    weight_map["transformer.wte.weight"] = shard;
    return load_with({{"weight_map", weight_map}}).status();
  }

  static constexpr const char* kFiles[] = {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
  test::ModelFolder folder_{"families/gpt2"};
  Digest whole_;
  json weight_map_ = json::object();
};

TEST_F(ShardsTest, TwoFilesHoldTheSameModelAsOne) {
  const auto sut = load_with({{"metadata", {{"total_size", 1}}}, {"weight_map", weight_map_}});
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  EXPECT_EQ(sut->fingerprint, whole_);
}

TEST_F(ShardsTest, AnIndexNamesSafetensorsBesideItAndNothingElse) {
  for (const json& shard :
       {json("../model.safetensors"), json("/etc/passwd"), json("a/b.safetensors"), json(".safetensors"),
        json("config.json"), json(""), json(3), json(nullptr), json(std::string("a\0.safetensors", 14))}) {
    const Status status = status_with(shard);
    EXPECT_EQ(status.code(), StatusCode::corrupt) << shard;
    EXPECT_NE(status.message().find("transformer.wte.weight"), std::string::npos) << status.message();
  }
}

TEST_F(ShardsTest, AMissingFileAndATensorElsewhereAreNamed) {
  Status status = status_with("gone.safetensors");
  EXPECT_EQ(status.code(), StatusCode::not_found);
  EXPECT_NE(status.message().find("gone.safetensors"), std::string::npos) << status.message();
  const bool first = weight_map_["transformer.wte.weight"] == kFiles[0];
  status = status_with(kFiles[first ? 1 : 0]);
  EXPECT_EQ(status.code(), StatusCode::not_found);
  EXPECT_NE(status.message().find("transformer.wte.weight"), std::string::npos) << status.message();
}

TEST_F(ShardsTest, AnIndexWithoutAMapIsCorrupt) {
  for (const json& index : {json::array(), json::object(), json{{"weight_map", {}}}, json{{"weight_map", "x"}}}) {
    const Status status = load_with(index).status();
    EXPECT_EQ(status.code(), StatusCode::corrupt) << index;
    EXPECT_NE(status.message().find(kIndex), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace memo
