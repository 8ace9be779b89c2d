// Nothing crosses: results of many models, prompts, poolings, heads, fixed maps and number formats, for the same texts and
// in one small pool whose room they take from each other, never stand in for one another.
// MEMO_CROSSING_REQUESTS=N makes it N requests.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "memod/store/local_store.h"
#include "model/policy/codebook.h"
#include "model/text_model/text_model.h"
#include "tests/model/text_model/byte_tokenizer.h"
#include "tests/support/random_bert.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kCrossingLength = 32;
constexpr std::int64_t kCrossingLayers = 3;
constexpr std::size_t kCrossingTexts = 60;

std::uint64_t requests() {
  const char* const wanted = std::getenv("MEMO_CROSSING_REQUESTS");
  return wanted == nullptr ? 20'000 : std::strtoull(wanted, nullptr, 10);
}

// One way to make results, and what it makes of each text.
struct Variant {
  std::string name;
  LoadedModel loaded;
  Policy policy = Policy::exact(kCrossingLength, kCrossingLayers);
  DataType type = DataType::f32;
  TextResults expected;
  std::unique_ptr<TextModel> model;
};

class Crossing : public testing::Test {
 protected:
  // Extents of 2 MiB at least: fewer than there are variants.
  Crossing() : store_(std::move(*open_local_store({folder_.file("pool"), 24 << 20, false}))) {
    for (std::size_t i = 0; i < kCrossingTexts; ++i)
      texts_.push_back(std::string(i % 20, static_cast<char>('a' + i % 26)) + std::to_string(i));
  }
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "oneTBB is not instrumented, so ThreadSanitizer cannot see how it orders its tasks";
#endif
    for (const std::uint64_t seed : {1, 2})
      for (const char* prompt : {"", "query: ", "passage: "})
        for (const Pooling pooling : {Pooling::mean, Pooling::cls}) add_embedder(seed, prompt, pooling);
    add_unlike_ones();
    add_classifier(1), add_classifier(2);
    add_fixed(0.5f), add_fixed(0.25f);
    for (const DataType type : {DataType::bf16, DataType::s8, DataType::s16})
      if (supported_type(type) == type) add(name_of(type), embedder(1)).type = type;
    for (const auto& variant : variants_) prepare(*variant);
  }

  static LoadedModel embedder(std::uint64_t seed) {
    LoadedModel loaded;
    loaded.checkpoint = random_bert(seed);
    loaded.tokenizer = std::make_unique<ByteTokenizer>();
    return loaded;
  }
  Variant& add(std::string name, LoadedModel loaded) {
    variants_.push_back(std::make_unique<Variant>());
    variants_.back()->name = std::move(name);
    variants_.back()->loaded = std::move(loaded);
    return *variants_.back();
  }
  void add_embedder(std::uint64_t seed, const char* prompt, Pooling pooling) {
    LoadedModel loaded = embedder(seed);
    loaded.checkpoint.config.pooling = {pooling};
    loaded.use_prompt(prompt);
    add(std::to_string(seed) + prompt + std::to_string(static_cast<int>(pooling)), std::move(loaded));
  }
  void add_unlike_ones() {
    LoadedModel cut = embedder(1);
    cut.checkpoint.embedding_modules = {TruncateModule{32}, NormalizeModule()};
    add("truncated", std::move(cut));
    LoadedModel raw = embedder(1);
    raw.checkpoint.embedding_modules = {};
    add("not normalized", std::move(raw));
    LoadedModel leaving = embedder(1);
    leaving.pools_prompt = false;
    leaving.use_prompt("query: ");
    add("prompt not pooled", std::move(leaving));
  }
  void add_classifier(float scale) {
    LoadedModel loaded = embedder(1);
    loaded.checkpoint.config.task = Task::classification;
    loaded.checkpoint.config.labels = {"a", "b"};
    loaded.checkpoint.classification.out = {Tensor::zeros({2, 64}), Tensor::zeros({2})};
    for (float x = 0; float& weight : loaded.checkpoint.classification.out.weight.elements())
      weight = scale * (x += 0.01f);
    add("classifier " + std::to_string(scale), std::move(loaded));
  }
  // The second layer reads one map, whose first token gets this share.
  void add_fixed(float share) {
    Tensor map = uniform_map(random_bert().config, kCrossingLength);
    for (std::size_t row = 0; row < map.elements().size(); row += kCrossingLength)
      for (std::size_t i = 0; i < kCrossingLength; ++i)
        map.elements()[row + i] = i == 0 ? share : (1 - share) / (kCrossingLength - 1);
    Codebook codebook;
    codebook.add("one", map);
    const std::string path = folder_.file(("codebook" + std::to_string(share)).c_str());
    ASSERT_TRUE(codebook.save(path).is_ok());
    Variant& variant = add("fixed " + std::to_string(share), embedder(1));
    variant.policy.codebook = path;
    variant.policy.layers[1] = {.mode = HeadMode::fixed, .map = "one"};
  }
  void prepare(Variant& variant) {
    std::vector<TextInput> inputs;
    for (const std::string& text : texts_) inputs.push_back({text});
    Policy computing = variant.policy;
    computing.kinds = {false, false};
    const auto plain = TextModel::memoized(variant.loaded, computing, {variant.type, 1}, *store_);
    ASSERT_TRUE(plain) << variant.name << ": " << plain.status().message();
    variant.expected = (*plain)->run(inputs);
    auto model = TextModel::memoized(variant.loaded, variant.policy, {variant.type, 1}, *store_);
    ASSERT_TRUE(model) << variant.name << ": " << model.status().message();
    variant.model = std::move(*model);
  }
  static bool same(const Tensor& left, std::int64_t left_row, const Tensor& right, std::int64_t right_row) {
    if (!left.defined() || !right.defined()) return left.defined() == right.defined();
    const std::span<const float> a = left.row(left_row), b = right.row(right_row);
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
  }
  // -> how many answers are wrong.
  std::size_t ask(Variant& variant, std::size_t count) {
    std::vector<std::size_t> numbers(count);
    std::vector<TextInput> batch;
    for (std::size_t& number : numbers) batch.push_back({texts_[number = random_() % kCrossingTexts]});
    const TextResults found = variant.model->run(batch);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::int64_t>(i), number = static_cast<std::int64_t>(numbers[i]);
      wrong += same(found.embeddings, at, variant.expected.embeddings, number) &&
                       same(found.logits, at, variant.expected.logits, number)
                   ? 0
                   : 1;
    }
    return wrong;
  }

  std::mt19937_64 random_{11};
  TempDir folder_;
  std::unique_ptr<MemoStore> store_;
  std::vector<std::string> texts_;
  std::vector<std::unique_ptr<Variant>> variants_;
};

TEST_F(Crossing, NoAnswerIsAnothersAmongRandomRequests) {
  const std::uint64_t wanted = requests();
  for (std::uint64_t done = 0; done < wanted;) {
    Variant& variant = *variants_[random_() % variants_.size()];
    const std::size_t count = 1 + random_() % 8;
    ASSERT_EQ(ask(variant, count), 0u) << variant.name << " after " << done << " requests";
    done += count;
  }
  OutputCounters all;
  for (const auto& variant : variants_) all += variant->model->figures().outputs;
  RecordProperty("hits", std::to_string(all.hits));
  std::printf("%llu requests of %zu variants: %llu results found, %llu computed\n",
              static_cast<unsigned long long>(wanted), variants_.size(), static_cast<unsigned long long>(all.hits),
              static_cast<unsigned long long>(all.computed));
  EXPECT_GT(all.hits, wanted / 20) << "or nothing was tried";
}

// The same texts make other results in each of the variants, or the test above could not fail.
TEST_F(Crossing, VariantsDiffer) {
  for (std::size_t i = 0; i < variants_.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const TextResults &left = variants_[i]->expected, &right = variants_[j]->expected;
      EXPECT_FALSE(same(left.embeddings, 7, right.embeddings, 7) && same(left.logits, 7, right.logits, 7))
          << variants_[i]->name << " and " << variants_[j]->name;
    }
}

}  // namespace
}  // namespace memo::test
