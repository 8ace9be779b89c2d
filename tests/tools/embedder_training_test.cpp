// Training on a small random model, and what it is made of.
#include "model/tuning/training/embedder_training.h"
#include "model/text/loaded_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <random>

#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"
#include "model/tuning/training/map_typicality.h"
#include "tests/support/random_bert.h"

namespace memo {
namespace {

constexpr std::uint32_t kLength = 32;

std::vector<Tokens> random_texts(std::size_t count, std::size_t length) {
  std::mt19937 random(3);
  std::uniform_int_distribution<std::int32_t> token(0, 99);
  std::vector<Tokens> texts(count, Tokens(length));
  for (Tokens& text : texts)
    for (std::int32_t& id : text) id = token(random);
  return texts;
}

// 1 - total variation, mean over rows.
double direct_similarity(const at::Tensor& a, const at::Tensor& b) {
  return 1 - 0.5 * (a - b).abs().sum(1).mean().item<double>();
}

TEST(MapPairs, AgreeWithADirectComputation) {
  constexpr std::int64_t kTexts = 37, kRows = 45, kWidth = 64;
  const at::Tensor maps = at::softmax(3 * at::randn({kTexts, kRows, kWidth}), 2);
  std::vector<std::uint16_t> elements(static_cast<std::size_t>(maps.numel()));
  for (std::size_t row = 0; row < std::size_t{kTexts * kRows}; ++row)
    quantize_row({maps.data_ptr<float>() + row * kWidth, kWidth}, {elements.data() + row * kWidth, kWidth});
  const std::vector<std::uint32_t> lengths(kTexts, kRows);
  std::vector<float> similarity(kTexts * kTexts);
  pair_similarities({elements.data(), kTexts, 1, kRows, 1, kWidth, lengths}, similarity.data());
  for (std::int64_t i = 0; i < kTexts; ++i)
    for (std::int64_t j = 0; j < kTexts; ++j)
      EXPECT_NEAR(similarity[static_cast<std::size_t>(i * kTexts + j)], direct_similarity(maps[i], maps[j]), 1e-3);
}

TEST(MapPairs, LongerTextStandsInForAShorterOneCroppedAndNotTheOtherWayAround) {
  constexpr std::int64_t kHeads = 2, kStride = 2, kWidth = 32;
  const std::vector<std::uint32_t> lengths{21, 32};
  std::vector<std::uint16_t> elements(2 * kHeads * 16 * kWidth, 0);
  std::vector<at::Tensor> maps;  // [heads, length, length]
  for (std::size_t text = 0; text < 2; ++text) {
    const std::int64_t length = lengths[text];
    maps.push_back(at::softmax(2 * at::randn({kHeads, length, length}), 2));
    for (std::int64_t head = 0; head < kHeads; ++head)
      for (std::int64_t row = 0; row < length; row += kStride) {
        const auto place =
            static_cast<std::size_t>(((static_cast<std::int64_t>(text) * kHeads + head) * 16 + row / 2) * kWidth);
        const at::Tensor values = maps.back()[head][row].contiguous();
        quantize_row({values.data_ptr<float>(), lengths[text]}, {elements.data() + place, kWidth});
      }
  }
  std::vector<float> similarity(4);
  pair_similarities({elements.data(), 2, kHeads, 16, kStride, kWidth, lengths}, similarity.data());
  const at::Tensor part = maps[1].narrow(1, 0, 21).narrow(2, 0, 21);
  const at::Tensor cropped = part / part.sum(2, true);
  const at::Tensor rows = at::arange(0, 21, kStride);
  const double direct =
      direct_similarity(maps[0].index_select(1, rows).flatten(0, 1), cropped.index_select(1, rows).flatten(0, 1));
  EXPECT_NEAR(similarity[1], direct, 1e-3);
  EXPECT_EQ(similarity[2], kNoMap);
  EXPECT_NEAR(similarity[0], 1, 1e-3);
}

TEST(MapPairs, OneColumnWithAllOfTheProbabilityDoesNotOverflow) {
  std::vector<float> row(32, 0.0f);
  row[5] = 1;
  std::vector<std::uint16_t> elements(64 * 32);
  for (std::size_t i = 0; i < 64; ++i) quantize_row(row, {elements.data() + i * 32, 32});
  const std::vector<std::uint32_t> lengths(2, 32);
  std::vector<float> similarity(4);
  pair_similarities({elements.data(), 2, 1, 32, 1, 32, lengths}, similarity.data());
  for (const float value : similarity) EXPECT_FLOAT_EQ(value, 1);
}

// Two texts of full length and a short one, of which the average is made; a fourth is compared with it.
TEST(MapTypicality, IsTheSimilarityToTheAverageOfTheTextsThatHaveTheRow) {
  constexpr std::int64_t kHeads = 2, kBucket = 40, kWidth = 64, kRows = 20;  // every other row is there
  const std::vector<std::uint32_t> lengths{40, 13, 40, 21};
  std::vector<std::uint16_t> elements(4 * kHeads * kRows * kWidth, 0);
  const at::Tensor maps = at::zeros({4, kHeads, kRows, kBucket});
  for (std::int64_t text = 0; text < 4; ++text)
    for (std::int64_t head = 0; head < kHeads; ++head)
      for (std::int64_t row = 0; 2 * row < std::int64_t{lengths[static_cast<std::size_t>(text)]}; ++row) {
        const std::uint32_t length = lengths[static_cast<std::size_t>(text)];
        const at::Tensor values = at::softmax(2 * at::randn({std::int64_t{length}}), 0).contiguous();
        maps[text][head][row].narrow(0, 0, length).copy_(values);
        const auto place = static_cast<std::size_t>(((text * kHeads + head) * kRows + row) * kWidth);
        quantize_row({values.data_ptr<float>(), length}, {elements.data() + place, kWidth});
      }
  const MapRows rows{elements.data(), 4, kHeads, kRows, 2, kWidth, lengths};
  const AverageRows average = average_rows(rows, at::tensor({0, 1, 2}, at::kLong), kBucket);
  EXPECT_EQ(average.stride, 4u);  // 20 rows are more than are kept
  ASSERT_EQ(average.rows.sizes(), (at::IntArrayRef{kHeads, 10, kBucket}));
  const at::Tensor kept = maps.index_select(2, at::arange(0, kRows, 2));
  EXPECT_LT((average.rows.select(1, 3) - kept.narrow(0, 0, 3).select(2, 3).mean(0)).abs().max().item<double>(),
            1e-4);
  EXPECT_LT(
      (average.rows.select(1, 4) - (kept[0].select(1, 4) + kept[2].select(1, 4)) / 2).abs().max().item<double>(),
      1e-4);  // token 16 is beyond the short text
  const at::Tensor cropped = average.rows.narrow(1, 0, 6).narrow(2, 0, 21);
  const double direct = at::minimum(kept[3].narrow(1, 0, 6).narrow(2, 0, 21), cropped / cropped.sum(2, true))
                            .sum(2)
                            .mean()
                            .item<double>();
  EXPECT_NEAR(typicalities(rows, average)[3].item<double>(), direct, 1e-3);
}

LoadedModel model() {
  LoadedModel model;
  model.checkpoint = test::random_bert();
  return model;
}

EmbedderTraining options() {
  EmbedderTraining options;
  options.samples.shape.length_bucket = options.samples.shape.segments = kLength;
  options.samples.shape.hidden = 64;
  options.samples.shape.feature_dimension = 64;
  options.samples.row_stride = 2;
  options.samples.layers = {0, 1};
  options.siamese.batch = 128;
  options.siamese.check_every = 20;
  return options;
}

bool go_on(std::string_view, double) {
  return true;
}

// Reads what the engine holds at the input of a layer.
class InputReader : public AttentionSource {
 public:
  void begin(TokenSequences) override {}
  LayerAttention prepare(std::size_t layer, const LayerStates& input) override {
    if (layer == 1)
      states = at::from_blob(const_cast<float*>(input.of(0)), {1, input.length(0), 64}, at::kFloat).clone();
    return {};
  }
  bool intact(std::size_t) const override { return true; }
  void finish(std::size_t, std::span<const SequenceOutcome>) override {}
  at::Tensor states;
};

TEST(LayerSamples, PooledInputsGiveTheFeaturesOfTheEngine) {
  const LoadedModel bert = model();
  std::vector<Tokens> texts = random_texts(20, kLength);
  texts[17].resize(11);
  const auto samples =
      LayerSamples::collect(bert.checkpoint, texts, options().samples, [](std::size_t) { return true; });
  ASSERT_TRUE(samples) << samples.status().message();
  const Embedder embedder = *Embedder::projection(options().samples.shape, 4);
  const at::Tensor features = to_torch(embedder.embed_pooled(from_torch(samples->pooled(1))));
  const std::unique_ptr<Engine> engine = std::move(*Engine::make(bert.checkpoint, {DataType::f32, 1}));
  for (const std::size_t i : {std::size_t{0}, std::size_t{17}}) {
    InputReader reader;
    const std::vector<TokenSequence> batch{texts[i]};
    engine->forward(batch, &reader);
    const auto length = static_cast<std::int32_t>(texts[i].size());
    const at::Tensor direct = to_torch(embedder.embed(from_torch(reader.states), {&length, 1}))[0];
    EXPECT_LT((features[static_cast<std::int64_t>(i)] - direct).abs().max().item<double>(), 1e-4);
  }
}

// One number a text, which is its feature.
TEST(RetrievalQuality, NearDuplicatesAreCountedApart) {
  EmbedderShape shape;
  shape.hidden = shape.length_bucket = shape.segments = shape.token_width = shape.feature_dimension = 1;
  const Tensor one = from_torch(at::ones({1, 1}));
  const Embedder line = *Embedder::of_weights(shape, {one, {{one, Tensor::zeros({1})}}, 1});
  // Stored at 0, 10 and 20; looked up at 0.1, which has a near-duplicate, and at 13, for which 20 would be best.
  const at::Tensor pooled = at::tensor({0.0f, 10.0f, 20.0f, 0.1f, 13.0f}).view({5, 1, 1});
  at::Tensor similarity = at::full({5, 5}, 0.2f);
  similarity[3][0] = 0.9f;
  similarity[4][1] = 0.4f;
  similarity[4][2] = 0.6f;
  const at::Tensor stored = at::tensor({0, 1, 2}, at::kLong), queries = at::tensor({3, 4}, at::kLong);
  const SiameseResult trained{{line, {}, {}}, {}, {}, 0, 0, false};
  const auto measure = [&] {
    return measure_retrieval(trained, line, {pooled, similarity, {}, {}}, stored, queries);
  };
  RetrievalQuality quality = measure();
  EXPECT_FLOAT_EQ(static_cast<float>(quality.best), 0.75f);
  EXPECT_FLOAT_EQ(static_cast<float>(quality.trained), 0.65f);
  EXPECT_EQ(quality.near_queries, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(quality.near_trained), 0.9f);
  EXPECT_EQ(quality.near_recall, 1);

  similarity[3][0] = 0.2f;
  similarity[3][1] = 0.9f;  // its near-duplicate is far
  quality = measure();
  EXPECT_EQ(quality.near_queries, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(quality.near_trained), 0.2f);
  EXPECT_EQ(quality.near_recall, 0);
}

TEST(EmbedderTraining, FindsMoreSimilarMapsThanTheProjectionOnTextsNotTrainedOn) {
  const auto trained = train_embedder(model(), random_texts(1000, kLength), options(), go_on);
  ASSERT_TRUE(trained) << trained.status().message();
  ASSERT_EQ(trained->layers.size(), 2u);
  double gain = 0;
  for (const LayerTraining& layer : trained->layers) {
    const RetrievalQuality& quality = layer.quality;
    gain += quality.trained - quality.projection;
    EXPECT_LE(quality.trained, quality.best);
    EXPECT_LT(quality.random, quality.best);
  }
  EXPECT_GT(gain, 0);
  EXPECT_EQ(trained->embedders.layers(), 3u);
  EXPECT_TRUE(trained->embedders.of(2).curve.empty());  // was not asked for
}

TEST(EmbedderTraining, NumberOfThreadsDoesNotChangeTheResult) {
  EmbedderTraining chosen = options();
  chosen.siamese.steps = 20;
  chosen.siamese.hidden_width = 128;
  const std::vector<Tokens> texts = random_texts(150, kLength);
  const auto one = train_embedder(model(), texts, chosen, go_on);
  chosen.samples.threads = 2;
  const auto two = train_embedder(model(), texts, chosen, go_on);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->embedders.fingerprint(), two->embedders.fingerprint());
}

TEST(EmbedderTraining, InputThatCannotBeTrainedOnIsRefused) {
  const auto code = [](std::size_t texts, std::size_t length, const EmbedderTraining& chosen) {
    return train_embedder(model(), random_texts(texts, length), chosen, go_on).status().code();
  };
  EXPECT_EQ(code(99, kLength, options()), StatusCode::invalid_argument);
  EXPECT_EQ(code(100, kLength + 1, options()), StatusCode::invalid_argument);
  EmbedderTraining chosen = options();
  chosen.samples.layers = {3};
  EXPECT_EQ(code(100, kLength, chosen), StatusCode::invalid_argument);
  chosen = options();
  chosen.samples.shape.length_bucket = 65;
  EXPECT_EQ(code(100, kLength, chosen), StatusCode::invalid_argument);
}

}  // namespace
}  // namespace memo
