// The engine against transformers, for every family: final states, maps and logits (tests/golden/make_families.py),
// computed and from maps of the same input.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "embed/safetensors/safetensors.h"
#include "model/engine/engine.h"
#include "tests/support/map_replay.h"
#include "tests/support/relative_error.h"

namespace memo {
namespace {

using test::relative_error;

constexpr std::int64_t kLengths[] = {64, 33, 7, 2, 1};
constexpr const char* kFamilies[] = {"bert-classifier",    "distilbert-classifier",
                                     "roberta-classifier", "deberta-v3-classifier",
                                     "deberta-v2",         "gpt2",
                                     "gpt2-classifier",    "mpnet",
                                     "mpnet-classifier"};

struct Sut {
  DataType type;
  std::uint32_t threads;
  // s8 depends on the CPU: without VNNI rows have 7 bits.
  double tolerance() const {
    const double tolerances[] = {1e-4, 2e-2, 6e-2, 5e-3};
    return tolerances[static_cast<std::size_t>(type)];
  }
  double map_tolerance() const { return 1e-2 + tolerance(); }
};

class FamiliesTest : public testing::TestWithParam<std::tuple<const char*, Sut>> {
 protected:
  FamiliesTest()
      : folder_(std::string(MEMO_SOURCE_DIR) + "/tests/data/families/" + std::get<0>(GetParam())),
        checkpoint_(load(folder_)),
        golden_(open(folder_ + "/golden.safetensors")),
        sut_(*Engine::make(checkpoint_, {variant().type, variant().threads})) {
    for (const std::int64_t length : kLengths) {
      const Tensor ids = *golden_.byte_tensor(fmt::format("ids.{}", length), {length});
      ids_.emplace_back(ids.data_ptr<std::uint8_t>(), ids.data_ptr<std::uint8_t>() + length);
    }
    batch_.assign(ids_.begin(), ids_.end());
  }

  const Sut& variant() const { return std::get<1>(GetParam()); }
  void SetUp() override {
    if (sut_->type() != variant().type) GTEST_SKIP() << "this CPU has no such products";
  }

  static Checkpoint load(const std::string& folder) {
    Result<Checkpoint> checkpoint = Checkpoint::load(folder);
    if (!checkpoint) throw std::runtime_error(checkpoint.status().message());
    return std::move(*checkpoint);
  }
  static SafetensorsFile open(const std::string& path) {
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    if (!file) throw std::runtime_error(file.status().message());
    return std::move(*file);
  }

  at::Tensor golden(const char* what, std::int64_t length, std::vector<std::int64_t> shape) const {
    return to_torch(*golden_.tensor(fmt::format("{}.{}", what, length), shape));
  }
  at::Tensor golden_states(std::size_t sequence) const {
    return golden("states", kLengths[sequence], {kLengths[sequence], checkpoint_.config.hidden});
  }
  std::vector<HeadMode> heads_of(HeadMode mode) const {
    return std::vector<HeadMode>(static_cast<std::size_t>(checkpoint_.config.heads), mode);
  }

  std::string folder_;
  Checkpoint checkpoint_;
  SafetensorsFile golden_;
  std::unique_ptr<Engine> sut_;
  std::vector<std::vector<std::int32_t>> ids_;
  std::vector<TokenSequence> batch_;
};

TEST_P(FamiliesTest, StatesOfABatchEqualTransformers) {
  sut_->forward(batch_, nullptr);
  for (std::size_t i = 0; i < batch_.size(); ++i)
    EXPECT_LE(relative_error(sut_->states(i), golden_states(i)), variant().tolerance())
        << kLengths[i] << " tokens";
}

TEST_P(FamiliesTest, StatesOfOneSequenceEqualTransformers) {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    sut_->forward({&batch_[i], 1}, nullptr);
    EXPECT_LE(relative_error(sut_->states(0), golden_states(i)), variant().tolerance())
        << kLengths[i] << " tokens";
  }
}

TEST_P(FamiliesTest, LogitsEqualTransformers) {
  const ModelConfig& config = checkpoint_.config;
  if (config.task == Task::embedding) GTEST_SKIP() << "this checkpoint has no head";
  const bool classifies = config.task == Task::classification;
  const std::int64_t width = classifies ? static_cast<std::int64_t>(config.labels.size()) : config.vocabulary;
  sut_->forward(batch_, nullptr);
  const Tensor logits = classifies ? sut_->class_logits() : sut_->next_token_logits();
  std::vector<at::Tensor> expected;
  for (const std::int64_t length : kLengths) expected.push_back(golden("logits", length, {width}));
  // Over the batch: a single text's logits may nearly cancel to zero.
  EXPECT_LE(relative_error(logits, at::stack(expected)), variant().tolerance());
}

TEST_P(FamiliesTest, KeptMapsEqualTransformers) {
  test::MapReplay source(heads_of(HeadMode::compute), MapEncoding::f32);
  sut_->forward(batch_, &source);
  const std::int64_t heads = checkpoint_.config.heads;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const std::int64_t length = kLengths[i];
    at::Tensor map = at::empty({heads, length, length});
    decode_map(source.payload(checkpoint_.layers.size() - 1, i), source.shape(i),
               {map.data_ptr<float>(), static_cast<std::size_t>(map.numel())});
    EXPECT_LE(relative_error(map, golden("map", length, {heads, length, length})), variant().tolerance());
  }
}

TEST_P(FamiliesTest, StoredMapsOfTheSameInputReproducePlain) {
  for (const MapEncoding encoding : {MapEncoding::u8, MapEncoding::f16, MapEncoding::f32}) {
    test::MapReplay source(heads_of(HeadMode::lookup), encoding);
    sut_->forward(batch_, &source);
    source.replay();
    sut_->forward(batch_, &source);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      EXPECT_TRUE(source.outcomes()[i].read);
      EXPECT_LE(relative_error(sut_->states(i), golden_states(i)), variant().map_tolerance())
          << kLengths[i] << " tokens, encoding " << static_cast<int>(encoding);
    }
  }
}

TEST_P(FamiliesTest, HeadsOfOneLayerMayComputeReadAndBeFixed) {
  const std::vector<std::vector<HeadMode>> mixtures = {{HeadMode::compute, HeadMode::lookup},
                                                       {HeadMode::lookup, HeadMode::fixed},
                                                       {HeadMode::fixed, HeadMode::compute}};
  for (const std::vector<HeadMode>& modes : mixtures)
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      test::MapReplay source(modes, MapEncoding::u8);
      sut_->forward({&batch_[i], 1}, &source);
      source.replay();
      sut_->forward({&batch_[i], 1}, &source);
      EXPECT_LE(relative_error(sut_->states(0), golden_states(i)), variant().map_tolerance());
    }
}

TEST_P(FamiliesTest, MissesAndRevokedHitsAreComputed) {
  test::MapReplay source(heads_of(HeadMode::lookup), MapEncoding::u8);
  sut_->forward(batch_, &source);
  source.replay();
  source.miss({1, 3});
  source.revoke({0, 2, 4});
  sut_->forward(batch_, &source);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    EXPECT_FALSE(source.outcomes()[i].read);
    EXPECT_EQ(source.outcomes()[i].revoked, i % 2 == 0);
    EXPECT_LE(relative_error(sut_->states(i), golden_states(i)), variant().tolerance());
  }
}

TEST_P(FamiliesTest, OneSequenceOnTwoThreadsMayBeRevoked) {
  test::MapReplay source(heads_of(HeadMode::lookup), MapEncoding::u8);
  sut_->forward({&batch_[0], 1}, &source);
  source.replay();
  source.revoke({0});
  sut_->forward({&batch_[0], 1}, &source);
  EXPECT_TRUE(source.outcomes()[0].revoked);
  EXPECT_LE(relative_error(sut_->states(0), golden_states(0)), variant().tolerance());
}

// What transformers make of other sequences, from a file of their own.
class OtherTextsTest : public testing::Test {
 protected:
  void expect_states(const std::string& name, const std::string& file, std::span<const std::int64_t> lengths) {
    const std::string folder = std::string(MEMO_SOURCE_DIR) + "/tests/data/families/" + name + "/";
    const Checkpoint checkpoint = *Checkpoint::load(folder);
    const SafetensorsFile golden = *SafetensorsFile::open(folder + file);
    for (const Sut& variant : {Sut{DataType::f32, 1}, Sut{DataType::f32, 2}, Sut{DataType::bf16, 2},
                               Sut{DataType::s8, 2}, Sut{DataType::s16, 2}}) {
      const auto sut = *Engine::make(checkpoint, {variant.type, variant.threads});
      if (sut->type() != variant.type) continue;
      for (const std::int64_t length : lengths) {
        const Tensor ids = *golden.byte_tensor(fmt::format("ids.{}", length), {length});
        const std::vector<std::int32_t> sequence(ids.data_ptr<std::uint8_t>(),
                                                 ids.data_ptr<std::uint8_t>() + length);
        const TokenSequence batch[] = {sequence};
        sut->forward(batch, nullptr);
        const Tensor expected =
            *golden.tensor(fmt::format("states.{}", length), {length, checkpoint.config.hidden});
        EXPECT_LE(relative_error(sut->states(0), expected), variant.tolerance())
            << name << ", " << length << " tokens, " << name_of(variant.type) << ", " << variant.threads
            << " threads";
      }
    }
  }
};

// 40 tokens are two parts on two threads, with padding before the second.
TEST_F(OtherTextsTest, PaddingInsideATextTakesNoPosition) {
  for (const char* name : {"roberta-classifier", "mpnet", "mpnet-classifier"})
    expect_states(name, "padding.safetensors", std::array<std::int64_t, 3>{1, 7, 40});
}

TEST_F(OtherTextsTest, FarDistancesShareBucketsAsInTransformers) {
  expect_states("mpnet", "long.safetensors", std::array<std::int64_t, 1>{200});
}

std::string name_of_case(const testing::TestParamInfo<FamiliesTest::ParamType>& info) {
  const Sut& sut = std::get<1>(info.param);
  std::string name = fmt::format("{}_{}_{}", std::get<0>(info.param), name_of(sut.type), sut.threads);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, FamiliesTest,
                         testing::Combine(testing::ValuesIn(kFamilies),
                                          testing::Values(Sut{DataType::f32, 1}, Sut{DataType::f32, 2},
                                                          Sut{DataType::bf16, 1}, Sut{DataType::bf16, 2},
                                                          Sut{DataType::s8, 1}, Sut{DataType::s8, 2},
                                                          Sut{DataType::s16, 1}, Sut{DataType::s16, 2})),
                         name_of_case);

}  // namespace
}  // namespace memo
