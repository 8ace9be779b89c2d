// The engine against golden outputs of a reference in double precision (golden/reference.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <array>

#include <algorithm>

#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"
#include "model/engine/process.h"
#include "tests/model/golden.h"
#include "tests/support/map_replay.h"
#include "tests/support/random_bert.h"
#include "tests/support/relative_error.h"

namespace memo {
namespace {

using test::relative_error;

using Sequences = std::vector<std::vector<std::int32_t>>;

constexpr double kGoldenTolerance = 1e-4;
constexpr double kBatchTolerance = 1e-5;

std::vector<TokenSequence> batch_of(const Sequences& sequences) {
  return {sequences.begin(), sequences.end()};
}

std::unique_ptr<Engine> engine_of(const Checkpoint& checkpoint, std::uint32_t threads = 1) {
  auto engine = Engine::make(checkpoint, {DataType::f32, threads});
  EXPECT_TRUE(engine) << engine.status().message();
  return std::move(*engine);
}

at::Tensor embed(const Checkpoint& checkpoint, const Sequences& sequences) {
  const std::unique_ptr<Engine> engine = engine_of(checkpoint);
  engine->forward(batch_of(sequences), nullptr);
  return to_torch(engine->embeddings());
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

at::Tensor values_of(const nlohmann::json& values) {
  const auto floats = values.get<std::vector<float>>();
  return at::tensor(floats);
}

Sequences golden_ids(const nlohmann::json& golden) {
  Sequences sequences;
  for (const auto& entry : golden) sequences.push_back(test::ids_of(entry));
  return sequences;
}

Checkpoint load(const std::string& folder) {
  auto checkpoint = Checkpoint::load(folder);
  EXPECT_TRUE(checkpoint.is_ok()) << checkpoint.status().message();
  return std::move(checkpoint).value();
}

class EngineTest : public testing::Test {
 protected:
  Checkpoint checkpoint_ = load(test::data_path("tiny-bert"));
  nlohmann::json golden_ = test::golden("tiny-bert-golden.json");
  Sequences ids_ = golden_ids(golden_);
};

TEST_F(EngineTest, EmbeddingsOfABatchEqualTheReference) {
  const at::Tensor embeddings = embed(checkpoint_, ids_);
  for (std::size_t i = 0; i < ids_.size(); ++i)
    EXPECT_LE(difference(embeddings[static_cast<std::int64_t>(i)], values_of(golden_[i]["embedding"])),
              kGoldenTolerance)
        << golden_[i]["text"];
}

TEST_F(EngineTest, StatesOfABatchEqualTheReference) {
  const std::unique_ptr<Engine> engine = engine_of(checkpoint_);
  engine->forward(batch_of(ids_), nullptr);
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const at::Tensor last = to_torch(engine->states(i))[static_cast<std::int64_t>(ids_[i].size()) - 1];
    EXPECT_LE(difference(last, values_of(golden_[i]["last_state"])), kGoldenTolerance) << golden_[i]["text"];
  }
}

TEST_F(EngineTest, TheOthersOfABatchDoNotChangeASequence) {
  const at::Tensor together = embed(checkpoint_, ids_);
  for (std::size_t i = 0; i < ids_.size(); ++i)
    EXPECT_LE(difference(together[static_cast<std::int64_t>(i)], embed(checkpoint_, {ids_[i]})[0]),
              kBatchTolerance);
}

TEST_F(EngineTest, TheOrderOfABatchDoesNotMatter) {
  const Sequences reversed(ids_.rbegin(), ids_.rend());
  EXPECT_LE(difference(embed(checkpoint_, ids_), embed(checkpoint_, reversed).flip(0)), kBatchTolerance);
}

TEST_F(EngineTest, TheLongestLengthOfTheModelRuns) {
  const Sequences longest = {
      std::vector<std::int32_t>(static_cast<std::size_t>(checkpoint_.config.max_positions), 7)};
  EXPECT_TRUE(at::isfinite(embed(checkpoint_, longest)).all().item<bool>());
}

TEST_F(EngineTest, ClsPoolingTakesTheFirstTokenAndLastTheLast) {
  for (const auto& [pooling, row] : {std::pair{Pooling::cls, 0}, std::pair{Pooling::last, -1}}) {
    checkpoint_.config.pooling = {pooling};
    const std::unique_ptr<Engine> engine = engine_of(checkpoint_);
    engine->forward(batch_of(ids_), nullptr);
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const at::Tensor state = to_torch(engine->states(i))[row];
      EXPECT_LE(difference(to_torch(engine->embeddings())[static_cast<std::int64_t>(i)], state / state.norm()),
                1e-6);
    }
  }
}

TEST_F(EngineTest, ModesAreConcatenatedAndModulesFollow) {
  checkpoint_.config.pooling = {Pooling::cls, Pooling::mean};
  checkpoint_.embedding_modules = {TruncateModule{100}};
  EXPECT_EQ(checkpoint_.embedding_size(), 100);
  const at::Tensor both = embed(checkpoint_, ids_);
  checkpoint_.embedding_modules = {};
  checkpoint_.config.pooling = {Pooling::cls};
  EXPECT_LE(difference(both.narrow(1, 0, 64), embed(checkpoint_, ids_)), 1e-6);
  checkpoint_.config.pooling = {Pooling::mean};
  EXPECT_LE(difference(both.narrow(1, 64, 36), embed(checkpoint_, ids_).narrow(1, 0, 36)), 1e-6);
}

// The embedding of a type is added to that of the word: a model whose two types are alike shows which was taken.
TEST_F(EngineTest, TokenTypesChooseTheirEmbeddingsHoweverSequencesAreSplit) {
  const std::vector<std::int32_t> ids(60, 7);
  std::vector<std::int32_t> types(60, 0);
  std::fill(types.begin() + 31, types.end(), 1);
  const auto run = [&](std::uint32_t threads, std::span<const std::int32_t> kinds) {
    const std::unique_ptr<Engine> engine = engine_of(checkpoint_, threads);
    const TokenSequence batch[] = {{ids, kinds}};
    engine->forward(batch, nullptr);
    return to_torch(engine->states(0));
  };
  const at::Tensor typed = run(1, types);
  EXPECT_GT(difference(typed, run(1, {})), 1e-3);
  EXPECT_LE(difference(typed, run(4, types)), kBatchTolerance);
  const Tensor first = checkpoint_.token_type_embeddings.narrow(0, 1);
  checkpoint_.token_type_embeddings = concatenate(std::array{first, first});
  EXPECT_EQ(difference(run(1, types), run(1, {})), 0);
}

TEST_F(EngineTest, OddHeadsAreRefused) {
  checkpoint_.config.heads = checkpoint_.config.hidden / 3;
  EXPECT_EQ(Engine::make(checkpoint_, {}).status().code(), StatusCode::unsupported);
}

TEST_F(EngineTest, TheActivationOfTheConfigIsUsed) {
  const at::Tensor erf = embed(checkpoint_, ids_);
  checkpoint_.config.activation = Activation::gelu_tanh;
  const at::Tensor tanh = embed(checkpoint_, ids_);
  checkpoint_.config.activation = Activation::relu;
  EXPECT_LE(difference(erf, tanh), 0.005);
  EXPECT_GT(difference(erf, tanh), 1e-6);
  EXPECT_GT(difference(erf, embed(checkpoint_, ids_)), 0.01);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // whose allocators have pages of their own
std::int64_t minor_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

TEST(PlainEngine, AWarmForwardPassFaultsNoPages) {
  configure_process_for_inference();
  const Checkpoint checkpoint = test::random_bert();
  const std::unique_ptr<Engine> sut = engine_of(checkpoint);
  const Sequences sequences(64, std::vector<std::int32_t>(64, 7));
  const auto batch = batch_of(sequences);
  std::vector<std::int64_t> faults;
  for (int i = 0; i < 25; ++i) {
    const std::int64_t before = minor_faults();
    sut->forward(batch, nullptr);
    faults.push_back(minor_faults() - before);
  }
  // The heap may still grow now and then; if activations were allocated anew, every pass would fault thousands.
  std::nth_element(faults.begin(), faults.begin() + 12, faults.end());
  EXPECT_LE(faults[12], 1);
}
#endif

class RealModel : public testing::Test {
 protected:
  void SetUp() override {
    if (test::real_model().empty()) GTEST_SKIP() << "MEMO_MODEL_DIR is not set: the real model is not in the tree";
    checkpoint_ = load(test::real_model());
    golden_ = test::golden("minilm-embeddings.json");
    ids_ = golden_ids(golden_);
  }

  // Final states of all mails, [tokens, hidden].
  at::Tensor states(DataType type, AttentionSource* source) {
    auto engine = Engine::make(checkpoint_, {type, 2});
    EXPECT_TRUE(engine) << engine.status().message();
    (*engine)->forward(batch_of(ids_), source);
    std::vector<at::Tensor> states;
    for (std::size_t i = 0; i < ids_.size(); ++i) states.push_back(to_torch((*engine)->states(i)));
    return at::cat(states);
  }
  at::Tensor states_from_maps(DataType type, MapEncoding encoding) {
    test::MapReplay source(
        std::vector<HeadMode>(static_cast<std::size_t>(checkpoint_.config.heads), HeadMode::lookup), encoding);
    (void)states(type, &source);
    source.replay();
    return states(type, &source);
  }

  Checkpoint checkpoint_;
  nlohmann::json golden_;
  Sequences ids_;
};

TEST_F(RealModel, EmbeddingsOfMailsEqualTheReference) {
  const at::Tensor embeddings = embed(checkpoint_, ids_);
  for (std::size_t i = 0; i < golden_.size(); ++i)
    EXPECT_LE(difference(embeddings[static_cast<std::int64_t>(i)], values_of(golden_[i]["embedding"])),
              kGoldenTolerance);
}

TEST_F(RealModel, Bf16StaysNearF32) {
  if (supported_type(DataType::bf16) != DataType::bf16) GTEST_SKIP() << "this CPU has no bf16";
  EXPECT_LE(relative_error(states(DataType::bf16, nullptr), states(DataType::f32, nullptr)), 2e-2);
}

TEST_F(RealModel, IntegersStayNearF32) {
  if (supported_type(DataType::s8) != DataType::s8) GTEST_SKIP() << "this CPU has no integer products";
  const at::Tensor exact = states(DataType::f32, nullptr);
  EXPECT_LE(relative_error(states(DataType::s8, nullptr), exact), 1e-1);
  EXPECT_LE(relative_error(states(DataType::s16, nullptr), exact), 5e-3);
}

// The real model's attention is peaked, as that of random ones is not.
TEST_F(RealModel, MapsOfTheSameMailsReproducePlainStates) {
  const at::Tensor plain = states(DataType::f32, nullptr);
  const std::pair<MapEncoding, double> tolerances[] = {
      {MapEncoding::u8, 1e-2}, {MapEncoding::f16, 1e-3}, {MapEncoding::f32, 1e-5}};
  for (const auto& [encoding, tolerance] : tolerances) {
    const double error = relative_error(states_from_maps(DataType::f32, encoding), plain);
    RecordProperty(std::string("error_") + std::to_string(static_cast<int>(encoding)), std::to_string(error));
    EXPECT_LE(error, tolerance) << static_cast<int>(encoding);
  }
}

TEST_F(RealModel, MapsOfTheSameMailsReproducePlainStatesInBf16) {
  if (supported_type(DataType::bf16) != DataType::bf16) GTEST_SKIP() << "this CPU has no bf16";
  const at::Tensor plain = states(DataType::bf16, nullptr);
  EXPECT_LE(relative_error(states_from_maps(DataType::bf16, MapEncoding::u8), plain), 3e-2);
}

}  // namespace
}  // namespace memo
