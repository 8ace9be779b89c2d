#include "embed/embedder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "embed/safetensors/safetensors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

EmbedderShape small_shape() {
  EmbedderShape shape;
  shape.hidden = 48;
  shape.length_bucket = 40;
  shape.segments = 8;
  return shape;
}

Embedder make(std::uint64_t seed = 1) {
  return *Embedder::projection(small_shape(), seed);
}

at::Tensor embed(const Embedder& embedder, const at::Tensor& hidden, std::span<const std::int32_t> lengths) {
  return to_torch(embedder.embed(from_torch(hidden), lengths));
}

at::Tensor embed_one(const Embedder& embedder, const at::Tensor& hidden) {
  const std::int32_t length = static_cast<std::int32_t>(hidden.size(0));
  return embed(embedder, hidden.unsqueeze(0), {&length, 1})[0];
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).norm().item<double>();
}

TEST(Embedder, SameSeedGivesTheSameEmbedderEverywhere) {
  EXPECT_EQ(make(1).fingerprint(), make(1).fingerprint());
  EXPECT_NE(make(1).fingerprint(), make(2).fingerprint());
  // Features live in pools under this fingerprint: a change makes them unfindable.
  EXPECT_EQ(make(1).fingerprint().hex(), "fef1c048d89b5ee8887f8e3f7bec9a87");
}

TEST(Embedder, DistanceEstimatesTheRootMeanSquareDifferenceOfPooledInputs) {
  // One segment a position: then the pooled inputs are the inputs.
  EmbedderShape shape;
  shape.hidden = 256;
  shape.length_bucket = shape.segments = 32;
  shape.token_width = 64;
  const Embedder embedder = *Embedder::projection(shape, 7);
  const at::Tensor a = at::randn({32, 256}), b = at::randn({32, 256});
  const double root_mean_square = (a - b).pow(2).mean().sqrt().item<double>();
  EXPECT_NEAR(distance(embed_one(embedder, a), embed_one(embedder, b)), root_mean_square, 0.3 * root_mean_square);
}

TEST(Embedder, PositionsFarApartCount) {
  const at::Tensor hidden = at::randn({40, 48});
  const at::Tensor turned = hidden.flip(0);
  EXPECT_GT(distance(embed_one(make(), hidden), embed_one(make(), turned)), 0.1);
}

TEST(Embedder, PaddingDoesNotCount) {
  const at::Tensor hidden = at::randn({2, 40, 48});
  at::Tensor other = hidden.clone();
  other[1].narrow(0, 13, 27).fill_(1e6);
  const std::vector<std::int32_t> lengths{40, 13};
  EXPECT_TRUE(at::equal(embed(make(), hidden, lengths), embed(make(), other, lengths)));
}

TEST(Embedder, SequenceHasTheSameFeatureInEveryBatch) {
  const at::Tensor hidden = at::randn({3, 40, 48});
  const std::vector<std::int32_t> lengths{40, 21, 7};
  const at::Tensor together = embed(make(), hidden, lengths);
  EXPECT_EQ(together.size(1), 128);
  EXPECT_LT(distance(together[1], embed_one(make(), hidden[1].narrow(0, 0, 21))), 1e-5);
}

TEST(Embedder, BadShapesAreRefusedByName) {
  EmbedderShape shape = small_shape();
  shape.segments = 41;
  EXPECT_NE(shape.validate().message().find("segments is 41"), std::string::npos);
  shape = small_shape();
  shape.feature_dimension = kMaxFeatureDimension + 1;
  EXPECT_FALSE(Embedder::projection(shape, 1));
  shape = small_shape();
  shape.hidden = 0;
  EXPECT_FALSE(shape.validate());
}

class EmbedderFile : public testing::Test {
 protected:
  test::TempDir folder_;
  const std::string path_ = folder_.file("embedder.safetensors");
  std::map<std::string, std::string> metadata_{
      {"format", "memo-embedder"}, {"version", "1"},     {"hidden", "4"},
      {"length_bucket", "8"},      {"token_width", "2"}, {"segments", "4"},
      {"feature_dimension", "3"},  {"scale", "0.5"}};
  std::map<std::string, at::Tensor> tensors_{{"tokens.weight", at::randn({2, 4})},
                                             {"mlp.0.weight", at::randn({5, 8})},
                                             {"mlp.0.bias", at::randn({5})},
                                             {"mlp.1.weight", at::randn({3, 5})},
                                             {"mlp.1.bias", at::randn({3})}};

  StatusCode load_code() {
    EXPECT_TRUE(write_safetensors(path_, tensors_, metadata_));
    return Embedder::load(path_).status().code();
  }
};

TEST_F(EmbedderFile, SavedEmbedderIsTheSameWhenLoaded) {
  ASSERT_TRUE(make(3).save(path_));
  const auto loaded = Embedder::load(path_);
  ASSERT_TRUE(loaded) << loaded.status().message();
  EXPECT_EQ(loaded->fingerprint(), make(3).fingerprint());
  const at::Tensor hidden = at::randn({40, 48});
  EXPECT_TRUE(at::equal(embed_one(*loaded, hidden), embed_one(make(3), hidden)));
}

TEST_F(EmbedderFile, MlpOfTwoLayersHasReluBetween) {
  ASSERT_EQ(load_code(), StatusCode::ok);
  const at::Tensor hidden = at::randn({8, 4});
  // [8, 4] x [4, 2] -> pairs of positions averaged -> [4, 2]
  const at::Tensor pooled = at::matmul(hidden, tensors_["tokens.weight"].t()).view({4, 2, 2}).mean(1).flatten();
  const at::Tensor middle = at::relu(at::mv(tensors_["mlp.0.weight"], pooled) + tensors_["mlp.0.bias"]);
  const at::Tensor expected = 0.5 * (at::mv(tensors_["mlp.1.weight"], middle) + tensors_["mlp.1.bias"]);
  EXPECT_LT(distance(embed_one(*Embedder::load(path_), hidden), expected), 1e-5);
}

TEST_F(EmbedderFile, OtherFormatsAndVersionsAreUnsupported) {
  metadata_["version"] = "2";
  EXPECT_EQ(load_code(), StatusCode::unsupported);
  metadata_.erase("format");
  EXPECT_EQ(load_code(), StatusCode::unsupported);
}

TEST_F(EmbedderFile, DisagreeingShapesAreCorrupt) {
  metadata_["feature_dimension"] = "4";
  EXPECT_EQ(load_code(), StatusCode::corrupt);
  metadata_["feature_dimension"] = "3";
  tensors_["mlp.0.weight"] = at::randn({5, 9});
  EXPECT_EQ(load_code(), StatusCode::corrupt);
}

TEST_F(EmbedderFile, DamagedMetadataIsCorrupt) {
  metadata_["hidden"] = "four";
  EXPECT_EQ(load_code(), StatusCode::corrupt);
  metadata_["hidden"] = "4";
  metadata_["scale"] = "inf";
  EXPECT_EQ(load_code(), StatusCode::corrupt);
  metadata_.erase("scale");
  EXPECT_EQ(load_code(), StatusCode::corrupt);
}

TEST_F(EmbedderFile, MissingFileIsNotFound) {
  EXPECT_EQ(Embedder::load(folder_.file("none")).status().code(), StatusCode::not_found);
}

}  // namespace
}  // namespace memo
