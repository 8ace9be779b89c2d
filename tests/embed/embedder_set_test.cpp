#include "embed/embedder_set.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "embed/safetensors/safetensors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

EmbedderShape shape(std::uint32_t hidden = 4) {
  EmbedderShape shape;
  shape.hidden = hidden;
  shape.length_bucket = 8;
  shape.segments = 4;
  shape.token_width = 2;
  shape.feature_dimension = 3;
  return shape;
}

Embedder embedder(std::uint64_t seed, std::uint32_t hidden = 4) {
  return *Embedder::projection(shape(hidden), seed);
}

SimilarityCurve curve() {
  return SimilarityCurve::fit(std::vector<float>{0, 1, 2, 3}, std::vector<float>{0.9f, 0.5f, 0.7f, 0.2f}, 4);
}

MapPenalty penalty() {
  return {{0.9f, -0.7f, 0.2f, 0.3f, 0.4f, 0.75f}, from_torch(at::full({2, 3, 8}, 0.125f)), 3};
}

EmbedderSet two() {
  return *EmbedderSet::one_a_layer({{embedder(1), curve(), penalty()}, {embedder(2), {}}});
}

TEST(SimilarityCurve, IsMonotoneAndInvertible) {
  const SimilarityCurve fitted = curve();
  ASSERT_EQ(fitted.knots().size(), 3u);  // .5 and .7 are one group
  EXPECT_FLOAT_EQ(fitted.similarity_at(1.5f), 0.6f);
  EXPECT_FLOAT_EQ(fitted.similarity_at(-1), 0.9f);
  EXPECT_FLOAT_EQ(fitted.similarity_at(9), 0.2f);
  EXPECT_NEAR(fitted.similarity_at(fitted.distance_for(0.4f)), 0.4f, 1e-6);
  EXPECT_LT(fitted.distance_for(0.95f), 0);
  EXPECT_FLOAT_EQ(fitted.distance_for(0.1f), 3);
}

TEST(EmbedderSet, FingerprintIsOfAllLayersInOrder) {
  EXPECT_EQ(EmbedderSet::shared(embedder(1)).fingerprint(), embedder(1).fingerprint());
  const auto turned = EmbedderSet::one_a_layer({{embedder(2), {}}, {embedder(1), {}}});
  EXPECT_NE(two().fingerprint(), turned->fingerprint());
  EXPECT_NE(two().fingerprint(), EmbedderSet::shared(embedder(1)).fingerprint());
}

TEST(EmbedderSet, ShapesThatDifferAreRefused) {
  EXPECT_FALSE(EmbedderSet::one_a_layer({{embedder(1), {}}, {embedder(1, 5), {}}}));
  EXPECT_FALSE(EmbedderSet::one_a_layer({}));
  MapPenalty other = penalty();
  other.row_stride = 2;
  EXPECT_FALSE(EmbedderSet::one_a_layer({{embedder(1), {}, other}}));
}

class EmbedderSetFile : public testing::Test {
 protected:
  EmbedderSetFile() {
    const EmbedderSet set = two();
    EXPECT_TRUE(set.save(path_));
    const auto file = SafetensorsFile::open(path_);
    metadata_ = file->metadata();
    for (const std::string& name : file->names())
      for (const auto& dimensions : {std::vector<std::int64_t>{-1}, {-1, -1}, {-1, -1, -1}})
        if (auto tensor = file->tensor(name, dimensions)) tensors_[name] = to_torch(*tensor);
  }
  StatusCode load_code() {
    EXPECT_TRUE(write_safetensors(path_, tensors_, metadata_));
    return EmbedderSet::load(path_).status().code();
  }
  test::TempDir folder_;
  const std::string path_ = folder_.file("embedder.safetensors");
  std::map<std::string, at::Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

TEST_F(EmbedderSetFile, IsTheSameWhenLoaded) {
  const auto loaded = EmbedderSet::load(path_);
  ASSERT_TRUE(loaded) << loaded.status().message();
  EXPECT_EQ(loaded->fingerprint(), two().fingerprint());
  EXPECT_TRUE(loaded->covers(2));
  EXPECT_FALSE(loaded->covers(3));
  EXPECT_TRUE(at::equal(to_torch(loaded->of(0).curve.to_tensor()), to_torch(curve().to_tensor())));
  EXPECT_TRUE(loaded->of(1).curve.empty());
  ASSERT_TRUE(loaded->of(0).penalty.has_value());
  EXPECT_TRUE(at::equal(to_torch(loaded->of(0).penalty->fit.to_tensor()), to_torch(penalty().fit.to_tensor())));
  EXPECT_TRUE(at::equal(to_torch(loaded->of(0).penalty->average), to_torch(penalty().average)));
  EXPECT_EQ(loaded->of(0).penalty->row_stride, 3u);
  EXPECT_FALSE(loaded->of(1).penalty.has_value());
}

TEST_F(EmbedderSetFile, FileOfOneEmbedderIsSharedByAllLayers) {
  ASSERT_TRUE(embedder(7).save(path_));
  const auto loaded = EmbedderSet::load(path_);
  ASSERT_TRUE(loaded) << loaded.status().message();
  EXPECT_TRUE(loaded->covers(12));
  EXPECT_EQ(loaded->of(11).embedder.fingerprint(), embedder(7).fingerprint());
}

TEST_F(EmbedderSetFile, OneEmbedderCannotBeReadFromAFileOfSeveral) {
  EXPECT_EQ(Embedder::load(path_).status().code(), StatusCode::unsupported);
}

TEST_F(EmbedderSetFile, DamagedFilesAreRefused) {
  ASSERT_EQ(load_code(), StatusCode::ok);
  const auto tensors = tensors_;
  const auto metadata = metadata_;
  for (const char* layers : {"0", "3", "4000000000", "99999999999", "-1", "two"}) {
    metadata_["layers"] = layers;
    EXPECT_EQ(load_code(), StatusCode::corrupt) << layers;
  }
  metadata_ = metadata;
  metadata_["layer.1.scale"] = "nan";
  EXPECT_EQ(load_code(), StatusCode::corrupt);
  metadata_ = metadata;
  metadata_["version"] = "3";
  EXPECT_EQ(load_code(), StatusCode::unsupported);
  for (const char* stride : {"0", "2", "x"}) {
    metadata_ = metadata;
    metadata_["layer.0.row_stride"] = stride;
    EXPECT_EQ(load_code(), StatusCode::corrupt) << stride;
  }
  metadata_ = metadata;
  for (const auto& [name, tensor] : tensors) {
    if (name == "layer.0.curve") continue;
    tensors_ = tensors;
    tensors_[name] = at::zeros({7, 9});
    EXPECT_EQ(load_code(), StatusCode::corrupt) << name;
  }
  for (const at::Tensor& bad : {at::zeros({6}), at::full({6}, NAN), at::ones({5})}) {
    tensors_ = tensors;
    tensors_["layer.0.penalty"] = bad;
    EXPECT_EQ(load_code(), StatusCode::corrupt);
  }
  for (const at::Tensor& bad : {at::zeros({2, 2}), at::zeros({0, 2}), at::zeros({1000, 2}), at::zeros({4})}) {
    tensors_ = tensors;
    tensors_["layer.0.curve"] = bad;
    EXPECT_EQ(load_code(), StatusCode::corrupt);
  }
}

}  // namespace
}  // namespace memo
