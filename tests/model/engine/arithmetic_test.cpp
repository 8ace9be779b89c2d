// The bits of one result, for each arithmetic that they are known of: a change of sums is a change of kSums
// (model/engine/engine.cpp), or results that were stored before would stand beside others of the same name.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor/hasher.h"
#include "model/engine/engine.h"

namespace memo {
namespace {

struct KnownBits {
  std::string_view arithmetic;  // as Engine::arithmetic()
  std::string_view digest;
};

constexpr KnownBits kKnownBits[] = {
    {"f32 avx512_vnni oneDNN 2.6.3 N/A 0x67 sums 2", "793d6d9e0143bbfdcf95a51917f3828c"},
    {"f32 avx512_vnni oneDNN 2.6.3 N/A 0x27 sums 2", "793d6d9e0143bbfdcf95a51917f3828c"},
    {"f32 avx512_vnni oneDNN 2.6.3 N/A 0x7 sums 2", "793d6d9e0143bbfdcf95a51917f3828c"},
    {"f32 avx512_vnni oneDNN 2.6.3 N/A 0x3 sums 2", "34a51757e1c4a8e05cdc2071cb936d60"},
    {"f32 avx512_vnni oneDNN 2.6.3 N/A 0x1 sums 2", "4abc641dc53e1d36619e3990ba0dce15"},
    {"f32 avx512 oneDNN 2.6.3 N/A 0x27 sums 2", "793d6d9e0143bbfdcf95a51917f3828c"},
    {"f32 avx2_evex_vnni oneDNN 2.6.3 N/A 0x7 sums 2", "723c516878a11fcbfe673ae22d549139"},
    {"f32 avx2 oneDNN 2.6.3 N/A 0x7 sums 2", "723c516878a11fcbfe673ae22d549139"},
    {"f32 baseline oneDNN 2.6.3 N/A 0x1 sums 2", "d547d91732935fba121023c840a11d10"},
    {"s8 avx512_vnni oneDNN 2.6.3 N/A 0x67 sums 2", "0642f6d45e42a27a4375492b273088e2"},
    {"s8 avx512 oneDNN 2.6.3 N/A 0x27 sums 2", "a88947e2700d603f65ad6a1c4bfdb132"},
    {"s8 avx2_evex_vnni oneDNN 2.6.3 N/A 0x7 sums 2", "784b01510cd6fa4ee60ba4c723322389"},
    {"s8 avx2 oneDNN 2.6.3 N/A 0x7 sums 2", "4bb31fda61ca242b3597d10581a16e24"},
    {"s16 avx512_vnni oneDNN 2.6.3 N/A 0x67 sums 2", "4d0c7117aca1a4fb8854b3de5be0d2ca"},
    {"s16 avx512 oneDNN 2.6.3 N/A 0x27 sums 2", "4d0c7117aca1a4fb8854b3de5be0d2ca"},
    {"s16 avx2_evex_vnni oneDNN 2.6.3 N/A 0x7 sums 2", "0b73061a9d1bbfcca085550eb72415f9"},
    {"s16 avx2 oneDNN 2.6.3 N/A 0x7 sums 2", "0b73061a9d1bbfcca085550eb72415f9"},
    {"bf16 avx512_emulated_bf16 oneDNN 2.6.3 N/A 0x67 sums 2", "617e9127a19414a7922f57ef89ab5d69"},
};

// Weights without a library or a function whose bits could change.
class PlainNumbers {
 public:
  // In multiples of 1/4096 times scale. Requires: scale is a power of two.
  Tensor tensor(Tensor::Shape shape, float scale, float center = 0) {
    Tensor tensor = Tensor::empty(std::move(shape));
    for (float& element : tensor.elements()) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      element = center + scale * (static_cast<float>(state_ >> 51) - 4096) / 4096;
    }
    return tensor;
  }
  LinearWeights linear(std::int64_t out, std::int64_t in) {
    return {tensor({out, in}, 0.25f), tensor({out}, 0.125f)};
  }
  LayerNormWeights norm(std::int64_t size) { return {tensor({size}, 0.125f, 1), tensor({size}, 0.125f)}; }
  std::vector<std::int32_t> ids(std::size_t count) {
    const Tensor random = tensor({static_cast<std::int64_t>(count)}, 32, 50);
    std::vector<std::int32_t> ids;
    for (const float number : random.elements()) ids.push_back(static_cast<std::int32_t>(number));
    return ids;
  }

 private:
  std::uint64_t state_ = 1;
};

// Narrow, so that no product depends on how large the caches are.
Checkpoint plain_bert(PlainNumbers& numbers) {
  Checkpoint bert;
  ModelConfig& config = bert.config;
  config.vocabulary = 100;
  config.hidden = 64;
  config.layers = 2;
  config.heads = 2;
  config.intermediate = 96;
  config.max_positions = 64;
  config.token_types = 2;
  bert.word_embeddings = numbers.tensor({config.vocabulary, config.hidden}, 1);
  bert.position_embeddings = numbers.tensor({config.max_positions, config.hidden}, 0.25f);
  bert.token_type_embeddings = numbers.tensor({config.token_types, config.hidden}, 0.125f);
  bert.embedding_norm = numbers.norm(config.hidden);
  for (std::int64_t i = 0; i < config.layers; ++i)
    bert.layers.push_back({numbers.linear(3 * config.hidden, config.hidden),
                           numbers.linear(config.hidden, config.hidden),
                           numbers.norm(config.hidden),
                           numbers.linear(config.intermediate, config.hidden),
                           numbers.linear(config.hidden, config.intermediate),
                           numbers.norm(config.hidden),
                           {},
                           {},
                           {}});
  return bert;
}

std::string_view without_sums(std::string_view arithmetic) {
  return arithmetic.substr(0, arithmetic.rfind(" sums"));
}

class Arithmetic : public testing::TestWithParam<DataType> {};

TEST_P(Arithmetic, OfAKnownNameMakesTheKnownBits) {
  if (supported_type(GetParam()) != GetParam()) GTEST_SKIP() << "this CPU has no such products";
  PlainNumbers numbers;
  const Checkpoint checkpoint = plain_bert(numbers);
  const auto engine = std::move(*Engine::make(checkpoint, {GetParam(), 1}));
  const std::vector<std::int32_t> one = numbers.ids(1), some = numbers.ids(19), many = numbers.ids(64);
  const TokenSequence batch[] = {one, some, many};
  engine->forward(batch, nullptr);
  Hasher hasher;
  for (std::size_t i = 0; i < std::size(batch); ++i) hasher.add(engine->states(i));
  hasher.add(engine->embeddings());

  const std::string arithmetic = engine->arithmetic();
  const std::string line = fmt::format("{{\"{}\", \"{}\"}},", arithmetic, hasher.digest().hex());
  const auto* const known = std::ranges::find_if(kKnownBits, [&](const KnownBits& bits) {
    return without_sums(bits.arithmetic) == without_sums(arithmetic);
  });
  if (known == std::end(kKnownBits)) GTEST_SKIP() << "not known of this arithmetic: " << line;
  EXPECT_EQ(known->arithmetic, arithmetic) << "put the line of these sums into kKnownBits: " << line;
  if (known->arithmetic == arithmetic) {
    EXPECT_EQ(known->digest, hasher.digest().hex())
        << "results have other bits than those stored before. Where that is meant, raise kSums in "
           "model/engine/engine.cpp, and put the line of the new sums into kKnownBits.";
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Arithmetic, testing::ValuesIn(kDataTypes),
                         [](const auto& type) { return name_of(type.param); });

}  // namespace
}  // namespace memo
