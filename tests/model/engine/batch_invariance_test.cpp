// A text's result is bitwise the same whatever batch, order and number of threads it was computed with: what was
// computed once can stand in for computing it again. In each number format; ONEDNN_MAX_CPU_ISA tries other products.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "model/engine/engine.h"
#include "tools/common/random_model/random_model.h"

namespace memo {
namespace {

struct Sut {
  Family family;
  Task task;
  DataType type;
  const char* name;
  std::int64_t hidden = 384;
  friend void PrintTo(const Sut& sut, std::ostream* out) { *out << sut.name; }
};

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const Tensor& tensor) {
  const auto* begin = static_cast<const std::byte*>(tensor.data_ptr());
  return {begin, begin + tensor.nbytes()};
}

// Sizes of a small published model, so that products are cut as in one.
RandomModel sizes(const Sut& sut) {
  RandomModel model;
  model.family = sut.family;
  model.task = sut.task;
  model.vocabulary = 500;
  model.hidden = sut.hidden;
  model.heads = 12;
  model.layers = sut.hidden > 384 ? 1 : 2;
  model.intermediate = 4 * sut.hidden;
  model.max_positions = 512;
  return model;
}

class BatchInvariance : public testing::TestWithParam<Sut> {
 protected:
  BatchInvariance() : checkpoint_(*random_checkpoint(sizes(GetParam()))) {
    for (const std::uint32_t length :
         {1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 47, 64, 65, 96, 127, 128, 129, 200, 257, 512})
      texts_.push_back(random_ids(length));
    checkpoint_.embedding_modules = {random_dense(), NormalizeModule()};
  }
  void SetUp() override {
    if (supported_type(GetParam().type) != GetParam().type) GTEST_SKIP() << "this CPU has no such products";
  }

  std::vector<std::int32_t> random_ids(std::uint32_t length) {
    std::uniform_int_distribution<std::int32_t> id(5, 499);
    std::vector<std::int32_t> ids(length);
    for (std::int32_t& next : ids) next = id(random_);
    return ids;
  }
  DenseModule random_dense() {
    std::normal_distribution<float> weight(0, 0.1f);
    DenseModule dense{{Tensor::empty({96, GetParam().hidden}), Tensor::empty({96})}};
    for (float& next : dense.linear.weight.elements()) next = weight(random_);
    for (float& next : dense.linear.bias.elements()) next = weight(random_);
    return dense;
  }
  std::unique_ptr<Engine> engine(std::uint32_t threads) {
    return std::move(*Engine::make(checkpoint_, {GetParam().type, threads}));
  }
  // States, embedding and logits of each text of a batch.
  std::vector<Bytes> results(Engine& engine, std::span<const std::size_t> batch) const {
    std::vector<TokenSequence> sequences;
    for (const std::size_t text : batch) sequences.emplace_back(texts_[text]);
    engine.forward(sequences, nullptr);
    std::vector<Tensor> vectors = {engine.embeddings()};
    if (GetParam().task == Task::classification) vectors.push_back(engine.class_logits());
    if (GetParam().task == Task::next_token) vectors.push_back(engine.next_token_logits());
    std::vector<Bytes> results;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      results.push_back(bytes_of(engine.states(i)));
      for (const Tensor& vector : vectors) {
        const Bytes all = bytes_of(vector);
        const std::size_t size = all.size() / batch.size();
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * size);
        results.back().insert(results.back().end(), begin, begin + static_cast<std::ptrdiff_t>(size));
      }
    }
    return results;
  }
  std::vector<Bytes> results_alone() {
    const auto one = engine(1);
    std::vector<Bytes> alone;
    for (std::size_t i = 0; i < texts_.size(); ++i) alone.push_back(results(*one, {&i, 1}).front());
    return alone;
  }
  void expect_same(Engine& engine, std::span<const std::size_t> batch, const std::vector<Bytes>& alone) const {
    const std::vector<Bytes> together = results(engine, batch);
    for (std::size_t i = 0; i < batch.size(); ++i)
      ASSERT_TRUE(together[i] == alone[batch[i]])
          << "a text of " << texts_[batch[i]].size() << " tokens in a batch of " << batch.size() << " on "
          << engine.threads() << " threads";
  }

  std::mt19937 random_{7};
  Checkpoint checkpoint_;
  std::vector<std::vector<std::int32_t>> texts_;
};

TEST_P(BatchInvariance, OfBatchOrderAndThreads) {
  const std::vector<Bytes> alone = results_alone();
  std::vector<std::size_t> order(texts_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const std::uint32_t threads : {1u, 2u, 3u, 8u}) {
    const auto sut = engine(threads);
    for (int round = 0; round < 6; ++round) {
      std::shuffle(order.begin(), order.end(), random_);
      const std::size_t count = 1 + random_() % order.size();
      ASSERT_NO_FATAL_FAILURE(expect_same(*sut, std::span(order).first(count), alone));
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(*sut, order, alone));
    for (const std::size_t text : order) ASSERT_NO_FATAL_FAILURE(expect_same(*sut, {&text, 1}, alone));
  }
}

constexpr DataType f32 = DataType::f32, bf16 = DataType::bf16, s8 = DataType::s8, s16 = DataType::s16;
constexpr Sut kSuts[] = {
    {Family::bert, Task::embedding, f32, "Bert"},
    {Family::bert, Task::classification, f32, "BertClassifier"},
    {Family::distilbert, Task::embedding, f32, "DistilBert"},
    {Family::roberta, Task::classification, f32, "Roberta"},
    {Family::deberta, Task::embedding, f32, "Deberta"},
    {Family::gpt2, Task::next_token, f32, "Gpt2"},
    {Family::mpnet, Task::embedding, f32, "Mpnet"},
    {Family::bert, Task::embedding, f32, "WideBert", 768},
    {Family::bert, Task::embedding, bf16, "BertBf16"},
    {Family::bert, Task::embedding, bf16, "WideBertBf16", 768},
    {Family::bert, Task::classification, bf16, "BertClassifierBf16"},
    {Family::deberta, Task::embedding, bf16, "DebertaBf16"},
    {Family::gpt2, Task::next_token, bf16, "Gpt2Bf16"},
    {Family::mpnet, Task::embedding, bf16, "MpnetBf16"},
    {Family::bert, Task::embedding, s8, "BertS8"},
    {Family::bert, Task::embedding, s8, "WideBertS8", 768},
    {Family::deberta, Task::embedding, s8, "DebertaS8"},
    {Family::gpt2, Task::next_token, s8, "Gpt2S8"},
    {Family::mpnet, Task::embedding, s8, "MpnetS8"},
    {Family::bert, Task::embedding, s16, "BertS16"},
    {Family::bert, Task::embedding, s16, "WideBertS16", 768},
    {Family::gpt2, Task::next_token, s16, "Gpt2S16"},
};
INSTANTIATE_TEST_SUITE_P(Families, BatchInvariance, testing::ValuesIn(kSuts),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace memo
