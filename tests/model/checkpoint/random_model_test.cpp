// Random models of every family, in memory and in files.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/reference_model.h"
#include "tests/support/temp_dir.h"
#include "tools/common/random_model/checkpoint_writer.h"
#include "tools/common/random_model/random_model.h"

namespace memo {
namespace {

constexpr Family kFamilies[] = {Family::bert,    Family::distilbert, Family::roberta,
                                Family::deberta, Family::gpt2,       Family::mpnet};

Checkpoint make(const RandomModel& options) {
  auto checkpoint = random_checkpoint(options);
  if (!checkpoint) throw std::runtime_error(checkpoint.status().message());
  return std::move(checkpoint).value();
}

std::vector<RandomModel> models_of_every_kind() {
  std::vector<RandomModel> models;
  for (const Family family : kFamilies)
    for (const Task task : {Task::embedding, Task::classification, Task::next_token}) {
      RandomModel options;
      options.family = family;
      options.task = task;
      options.labels = 3;
      if (options.validate()) models.push_back(options);
    }
  return models;
}

TEST(RandomModel, FilesHoldTheModelThatIsInMemory) {
  const auto models = models_of_every_kind();
  ASSERT_EQ(models.size(), 13u);
  for (const RandomModel& options : models) {
    const test::TempDir folder;
    ASSERT_TRUE(save_checkpoint(random_model(options), folder.file("model")).is_ok());
    const auto loaded = Checkpoint::load(folder.file("model"));
    ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
    const Checkpoint sut = make(options);
    EXPECT_EQ(sut.fingerprint, loaded->fingerprint);
    EXPECT_EQ(sut.config.family, options.family);
    EXPECT_EQ(loaded->config.task, options.task);
    const std::vector<std::int32_t> ids = {5, 9, 11};
    EXPECT_TRUE(
        at::equal(test::ReferenceModel(sut).run(ids).states, test::ReferenceModel(*loaded).run(ids).states));
  }
}

TEST(RandomModel, SizesAreThoseAskedFor) {
  for (const Family family : kFamilies) {
    RandomModel options;
    options.family = family;
    options.vocabulary = 50;
    options.hidden = 96;
    options.layers = 2;
    options.heads = 3;
    options.intermediate = 80;
    options.max_positions = 40;
    const ModelConfig config = make(options).config;
    EXPECT_EQ(config.vocabulary, 50);
    EXPECT_EQ(config.hidden, 96);
    EXPECT_EQ(config.layers, 2);
    EXPECT_EQ(config.heads, 3);
    EXPECT_EQ(config.intermediate, 80);
    EXPECT_EQ(config.max_positions, 40);
  }
}

TEST(RandomModel, ASeedIsAModel) {
  RandomModel options;
  const Digest first = make(options).fingerprint;
  EXPECT_EQ(make(options).fingerprint, first);
  options.seed = 2;
  EXPECT_NE(make(options).fingerprint, first);
}

// Share of attention on the strongest of 32 tokens, on average.
double sharpness(const Checkpoint& checkpoint) {
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 32; ++i) ids.push_back(5 + 7 * i % 90);
  double sum = 0;
  const auto output = test::ReferenceModel(checkpoint).run(ids);
  for (const at::Tensor& map : output.maps) sum += map.amax(-1).mean().item<double>();
  return sum / static_cast<double>(output.maps.size());
}

TEST(RandomModel, AttentionIsFarFromUniformAtAnySize) {
  for (const Family family : kFamilies)
    for (const std::int64_t heads : {2, 8}) {
      RandomModel options;
      options.family = family;
      options.heads = heads;
      options.hidden = 32 * heads;
      const double sut = sharpness(make(options));
      EXPECT_GT(sut, 0.1) << static_cast<int>(family);
      EXPECT_LT(sut, 0.9) << static_cast<int>(family);
    }
}

TEST(RandomModel, OptionsThatCannotBeAreNamed) {
  RandomModel options;
  options.heads = 3;
  EXPECT_NE(random_checkpoint(options).status().message().find("hidden is 64"), std::string::npos);
  options = {};
  options.task = Task::next_token;
  EXPECT_EQ(random_checkpoint(options).status().code(), StatusCode::invalid_argument);
  options = {};
  options.max_positions = 3;
  EXPECT_EQ(random_checkpoint(options).status().code(), StatusCode::invalid_argument);
}

}  // namespace
}  // namespace memo
