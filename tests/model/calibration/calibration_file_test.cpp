#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "embed/safetensors/safetensors.h"
#include "model/memo/memo_plan.h"
#include "model/memo/no_store.h"
#include "model/policy/calibration.h"
#include "tests/model/calibration/calibration_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

class CalibrationFile : public testing::Test {
 protected:
  CalibrationFile() : changed_(model_) {
    changed_.layers[1].attention_output.weight =
        from_torch(to_torch(model_.layers[1].attention_output.weight) + 0.25);
    changed_.layers[2].feed_forward_out.bias = from_torch(to_torch(model_.layers[2].feed_forward_out.bias) + 1);
  }
  Calibration made() const { return Calibration::between(model_, changed_, 24); }

  // Writes these tensors and metadata instead.
  void write(const std::map<std::string, at::Tensor>& tensors, const std::map<std::string, std::string>& changes) {
    std::map<std::string, std::string> metadata{
        {"format", "memo-calibration"}, {"version", "1"}, {"model", model_.fingerprint.hex()}, {"length", "24"}};
    for (const auto& [key, value] : changes) metadata[key] = value;
    ASSERT_TRUE(write_safetensors(path_, tensors, metadata));
  }
  Policy policy() const {
    Policy policy;
    policy.length = 24;
    policy.layers.resize(model_.layers.size());
    policy.calibration = path_;
    return policy;
  }
  void expect_refused(StatusCode code, const std::string& part) const {
    const auto checkpoint = checkpoint_for(model_, policy());
    ASSERT_FALSE(checkpoint);
    EXPECT_EQ(checkpoint.status().code(), code) << checkpoint.status().message();
    EXPECT_NE(checkpoint.status().message().find(part), std::string::npos) << checkpoint.status().message();
    EXPECT_NE(checkpoint.status().message().find(path_), std::string::npos) << checkpoint.status().message();
  }

  test::TempDir folder_;
  const std::string path_ = folder_.file("calibration.safetensors");
  const Checkpoint model_ = test::small_model();
  Checkpoint changed_;
};

TEST_F(CalibrationFile, HoldsWhatChangedAndNothingElse) {
  ASSERT_TRUE(made().save(path_));
  const auto loaded = Calibration::load(path_);
  ASSERT_TRUE(loaded) << loaded.status().message();
  EXPECT_EQ(loaded->tensors().size(), 2u);
  EXPECT_EQ(loaded->length(), 24u);
  EXPECT_EQ(loaded->model(), model_.fingerprint);
  const auto applied = loaded->apply(model_);
  ASSERT_TRUE(applied) << applied.status().message();
  EXPECT_TRUE(to_torch(applied->layers[1].attention_output.weight)
                  .equal(to_torch(changed_.layers[1].attention_output.weight)));
  EXPECT_TRUE(to_torch(applied->layers[2].feed_forward_out.bias)
                  .equal(to_torch(changed_.layers[2].feed_forward_out.bias)));
}

TEST_F(CalibrationFile, AppliedModelSharesTheRestAndIsAnother) {
  const auto applied = made().apply(model_);
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->word_embeddings.is_same(model_.word_embeddings));
  EXPECT_TRUE(applied->layers[0].qkv.weight.is_same(model_.layers[0].qkv.weight));
  EXPECT_NE(applied->fingerprint, model_.fingerprint);
  EXPECT_EQ(applied->published_fingerprint(), model_.fingerprint);
  EXPECT_EQ(made().apply(model_)->fingerprint, applied->fingerprint);
}

TEST_F(CalibrationFile, ABiasThatTheModelHasNotMayBeNew) {
  Checkpoint without = model_;
  without.layers[0].feed_forward_out.bias = Tensor();
  Checkpoint with = without;
  with.layers[0].feed_forward_out.bias = from_torch(at::ones({model_.config.hidden}));
  const auto applied = Calibration::between(without, with, 24).apply(without);
  ASSERT_TRUE(applied) << applied.status().message();
  EXPECT_TRUE(to_torch(applied->layers[0].feed_forward_out.bias).equal(at::ones({model_.config.hidden})));
}

TEST_F(CalibrationFile, PolicyNamesItBesideItself) {
  ASSERT_TRUE(made().save(path_));
  std::ofstream(folder_.file("policy.toml"))
      << "format = \"memo-policy\"\nversion = 1\nlength = 24\ncalibration = \"calibration.safetensors\"\n";
  const auto policy = Policy::load(folder_.file("policy.toml"), 3);
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->calibration, path_);
  const auto checkpoint = checkpoint_for(model_, *policy);
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_EQ(checkpoint->fingerprint, made().apply(model_)->fingerprint);
}

TEST_F(CalibrationFile, WithoutOneTheModelStaysWhatItIs) {
  Policy plain = policy();
  plain.calibration.clear();
  const auto checkpoint = checkpoint_for(model_, plain);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->fingerprint, model_.fingerprint);
  EXPECT_FALSE(checkpoint->calibrated_from);
}

TEST_F(CalibrationFile, PlanRefusesAModelThatWasNotCalibrated) {
  ASSERT_TRUE(made().save(path_));
  NoStore store;
  const auto plan = MemoPlan::make(model_, DataType::f32, policy(), store);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.status().message().find("calibrated"), std::string::npos);
  EXPECT_TRUE(MemoPlan::make(*made().apply(model_), DataType::f32, policy(), store));
}

TEST_F(CalibrationFile, MismatchesAreNamed) {
  const at::Tensor fits = to_torch(model_.layers[0].attention_output.weight);
  expect_refused(StatusCode::not_found, "");
  write({{"layer.0.attention_output.weight", fits}}, {{"model", std::string(32, 'a')}});
  expect_refused(StatusCode::invalid_argument, "is for model aaaaaaaa");
  write({{"layer.0.attention_output.weight", fits}}, {{"length", "128"}});
  expect_refused(StatusCode::invalid_argument, "made for length 128, the policy has 24");
  write({{"layer.0.attention_output.weight", fits.narrow(0, 0, 31).contiguous()}}, {});
  expect_refused(StatusCode::invalid_argument, "shape [31, 32], the model's [32, 32]");
  write({{"layer.0.attention_output.bias", at::zeros({33})}}, {});
  expect_refused(StatusCode::invalid_argument, "shape [33]");
  write({{"layer.3.attention_output.weight", fits}}, {});
  expect_refused(StatusCode::invalid_argument, "1 tensors that this model has not");
}

TEST_F(CalibrationFile, HostileFilesAreRefused) {
  const at::Tensor fits = to_torch(model_.layers[0].attention_output.weight);
  write({{"layer.0.attention_output.weight", at::full_like(fits, NAN)}}, {});
  expect_refused(StatusCode::corrupt, "layer.0.attention_output.weight");
  write({{"layer.0.attention_output.weight", fits}}, {{"format", "memo-codebook"}});
  expect_refused(StatusCode::unsupported, "not a calibration");
  write({{"layer.0.attention_output.weight", fits}}, {{"version", "2"}});
  expect_refused(StatusCode::unsupported, "version is \"2\"");
  for (const char* length : {"", "-1", "24x", "99999999999"}) {
    write({{"layer.0.attention_output.weight", fits}}, {{"length", length}});
    expect_refused(StatusCode::corrupt, "no fingerprint or number");
  }
  for (const std::string& model : {std::string("12"), std::string(32, 'g'), std::string(33, 'a')}) {
    write({{"layer.0.attention_output.weight", fits}}, {{"model", model}});
    expect_refused(StatusCode::corrupt, "no fingerprint or number");
  }
  write({{"surprise", fits}}, {});
  expect_refused(StatusCode::invalid_argument, "1 tensors that this model has not");
  write({{"layer.0.qkv.weight", at::zeros({3, 4, 5})}}, {});
  expect_refused(StatusCode::invalid_argument, "layer.0.qkv.weight");
  std::ofstream(path_) << "not safetensors";
  expect_refused(StatusCode::corrupt, "");
}

}  // namespace
}  // namespace memo
