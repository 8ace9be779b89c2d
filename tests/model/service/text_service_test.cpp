// Many callers share a model, and each gets the bits that the model alone would have given it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "memod/store/local_store.h"
#include "model/service/text_service.h"
#include "tests/model/memo/faulty_store.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kLength = 24;
constexpr std::int64_t kLayers = 3;

LoadedModel tiny_bert() {
  return std::move(LoadedModel::load(std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert")).value();
}

// A job, and what it was told.
class Call {
 public:
  Call(const TextService& service, const std::vector<std::string>& texts) {
    std::vector<TextInput> inputs;
    for (const std::string& text : texts) inputs.push_back({text});
    job_->inputs = std::move(service.tokenize(inputs, {})).value();
    // What it touches is its own: the caller may be gone before it returns.
    job_->done = [told = told_](const auto&, const Status& status) {
      ++told->answers;
      told->status.set_value(status);
    };
  }
  ServiceJob& job() { return *job_; }
  Call& submit_to(TextService& service) {
    service.submit(job_);
    return *this;
  }
  Status wait() { return told_->status.get_future().get(); }
  int answers() const { return told_->answers; }

 private:
  struct Told {
    std::promise<Status> status;
    std::atomic<int> answers = 0;
  };
  std::shared_ptr<Told> told_ = std::make_shared<Told>();
  std::shared_ptr<ServiceJob> job_ = std::make_shared<ServiceJob>();
};

class TextServiceTest : public testing::Test {
 protected:
  TextServiceTest() {
    static constexpr const char* kWords[] = {"the", "meeting", "about", "money", "offer"};
    for (int i = 0; i < 40; ++i) {
      std::string text = std::to_string(i);
      for (int word = 0; word <= i % 9; ++word) text += std::string(" ") + kWords[(i + word) % 5];
      texts_.push_back(text);
    }
    std::vector<TextInput> inputs;
    for (const std::string& text : texts_) inputs.push_back({text});
    expected_ = (*TextModel::plain(model_, {}, kLength))->run(inputs).embeddings;
  }

  std::unique_ptr<TextService> service(MemoStore* store, QueueLimits queue = {}) {
    ServiceOptions options;
    options.length = kLength;
    options.queue = queue;
    if (store != nullptr) options.policy = Policy::exact(kLength, kLayers);
    return std::move(TextService::make(tiny_bert(), std::move(options), store, turn_)).value();
  }
  // Keeps and looks up maps of all layers.
  std::unique_ptr<TextService> service_with_maps() {
    ServiceOptions options;
    options.policy = Policy::defaults(kLength, kLayers);
    options.policy->selection = Selection::fixed;
    return std::move(TextService::make(tiny_bert(), std::move(options), &store(), turn_)).value();
  }
  PairEncoding input(const TextService& service, std::size_t number) const {
    const TextInput text[] = {{texts_[number]}};
    return std::move(service.tokenize(text, {})).value().front();
  }
  // Has maps of these texts stored.
  void keep_maps(TextService& service, const std::vector<std::size_t>& numbers) {
    Call call(service, pick(numbers));
    ASSERT_TRUE(call.submit_to(service).wait());
    ASSERT_TRUE(store().flush(std::chrono::seconds(30)));
  }
  static bool same_payload(const NearMap& left, const NearMap& right) {
    return left.payload.nbytes() == right.payload.nbytes() &&
           std::memcmp(left.payload.data_ptr(), right.payload.data_ptr(), left.payload.nbytes()) == 0;
  }
  FaultyStore& store() {
    if (!store_)
      store_ = std::make_unique<FaultyStore>(
          std::move(open_local_store({folder_.file("pool"), 64 << 20, false})).value());
    return *store_;
  }
  static TokenizeOptions options(bool truncate, std::optional<std::string> prompt = std::nullopt) {
    TokenizeOptions options;
    options.truncate = truncate;
    options.prompt = std::move(prompt);
    return options;
  }
  std::vector<std::string> pick(const std::vector<std::size_t>& numbers) const {
    std::vector<std::string> picked;
    for (const std::size_t number : numbers) picked.push_back(texts_[number]);
    return picked;
  }
  bool is_right(const ServiceJob& job, const std::vector<std::size_t>& numbers) const {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto expected = expected_.row(static_cast<std::int64_t>(numbers[i]));
      const auto row = job.row(i);
      if (row.size() != expected.size() || std::memcmp(row.data(), expected.data(), row.size_bytes()) != 0)
        return false;
    }
    return true;
  }
  // Asks for these texts, and waits. -> what became of them
  JobFigures expect_right(TextService& service, const std::vector<std::size_t>& numbers) const {
    Call call(service, pick(numbers));
    const Status status = call.submit_to(service).wait();
    EXPECT_TRUE(status) << status.message();
    EXPECT_TRUE(status && is_right(call.job(), numbers));
    return call.job().figures;
  }
  // Asks for random texts, in random numbers of them.
  void ask_at_random(TextService& service, unsigned seed, int calls) const {
    std::mt19937 random(seed);
    for (int i = 0; i < calls; ++i) {
      std::vector<std::size_t> numbers(1 + random() % 12);
      for (std::size_t& number : numbers) number = random() % texts_.size();
      (void)expect_right(service, numbers);
    }
  }
  void expect_right_for_many_threads(TextService& service) const {
    std::vector<std::thread> threads;
    for (unsigned seed = 0; seed < 6; ++seed)
      threads.emplace_back([this, &service, seed] { ask_at_random(service, seed, 25); });
    for (std::thread& thread : threads) thread.join();
  }

  const LoadedModel model_ = tiny_bert();
  std::vector<std::string> texts_;  // all different
  Tensor expected_;
  TempDir folder_;
  std::mutex turn_;  // while a test holds it, nothing is computed
  std::unique_ptr<FaultyStore> store_;
};

TEST_F(TextServiceTest, ResultsHaveTheBitsOfTheModelInWhateverBatches) {
  for (const std::size_t batch_tokens : {1, 7, 60, 4096}) {
    const auto sut = service(nullptr, {.batch_tokens = batch_tokens});
    (void)expect_right(*sut, {0, 1, 2, 3, 4, 5, 6, 7, 8, 30, 8, 2});
    ask_at_random(*sut, 1, 10);
  }
}

TEST_F(TextServiceTest, ResultsHaveTheBitsOfTheModelForManyThreadsAtOnce) {
  const auto sut = service(nullptr, {.batch_tokens = 50});
  expect_right_for_many_threads(*sut);
}

TEST_F(TextServiceTest, WithAStoreTooTheyHaveTheBitsOfTheModelForManyThreadsAtOnce) {
  const auto sut = service(&store(), {.batch_tokens = 50});
  expect_right_for_many_threads(*sut);
  const ServiceFigures figures = sut->figures();
  // Some twice: for a caller that asked before a result was stored, and waited only after it was handed out.
  EXPECT_GE(figures.outputs.computed, texts_.size());
  EXPECT_LT(figures.outputs.computed, 2 * texts_.size());
  EXPECT_GT(figures.outputs.hits, 0u);
}

TEST_F(TextServiceTest, WithoutAStoreNothingIsFound) {
  const auto sut = service(nullptr);
  for (int round = 0; round < 2; ++round) {
    const JobFigures figures = expect_right(*sut, {4, 5, 4});
    EXPECT_EQ(figures.found, 0u);
    EXPECT_EQ(figures.computed, 3u);
  }
  EXPECT_GT(sut->figures().batches, 0u);
  EXPECT_GT(sut->figures().tokens_per_s, 0);
}

TEST_F(TextServiceTest, ARepeatedTextIsFound) {
  const auto sut = service(&store());
  const JobFigures first = expect_right(*sut, {3, 4, 5});
  EXPECT_EQ(first.found, 0u);
  EXPECT_EQ(first.computed, 3u);
  EXPECT_GT(first.computed_tokens, 3u);
  EXPECT_FALSE(first.read_maps);
  const JobFigures second = expect_right(*sut, {5, 3, 4});
  EXPECT_EQ(second.found, 3u);
  EXPECT_EQ(second.computed + second.computed_tokens, 0u);
  EXPECT_EQ(sut->figures().outputs.hits, 3u);
}

TEST_F(TextServiceTest, FoundAndComputedTextsOfARequestKeepTheirPlaces) {
  const auto sut = service(&store());
  (void)expect_right(*sut, {3, 5});
  const JobFigures figures = expect_right(*sut, {7, 3, 8, 5, 7});
  EXPECT_EQ(figures.found, 2u);
  EXPECT_EQ(figures.computed, 2u);
}

TEST_F(TextServiceTest, AnotherServiceFindsWhatOneHasComputed) {
  (void)expect_right(*service(&store()), {3, 4});
  EXPECT_EQ(expect_right(*service(&store()), {3, 4}).found, 2u);
}

TEST_F(TextServiceTest, EqualTextsOfSeveralCallersAreComputedOnce) {
  const auto sut = service(&store());
  Call first(*sut, pick({6})), second(*sut, pick({6, 7})), third(*sut, pick({7, 6, 6}));
  {
    const std::lock_guard hold(turn_);
    first.submit_to(*sut);
    ASSERT_TRUE(eventually([&] { return sut->figures().waiting_jobs == 0; }));
    second.submit_to(*sut);
    third.submit_to(*sut);
  }
  EXPECT_TRUE(first.wait() && second.wait() && third.wait());
  EXPECT_TRUE(is_right(first.job(), {6}) && is_right(second.job(), {6, 7}) && is_right(third.job(), {7, 6, 6}));
  EXPECT_EQ(sut->figures().outputs.computed, 2u);
  EXPECT_EQ(first.job().figures.computed, 1u);
  EXPECT_EQ(second.job().figures.found, 1u);
  EXPECT_EQ(third.job().figures.found, 1u);
}

TEST_F(TextServiceTest, AJobWhoseTextsOthersHaveComputedIsAnsweredWithoutABatchOfItsOwn) {
  const auto sut = service(&store());
  Call first(*sut, pick({6})), second(*sut, pick({6}));
  {
    const std::lock_guard hold(turn_);
    first.submit_to(*sut);
    ASSERT_TRUE(eventually([&] { return sut->figures().waiting_jobs == 0; }));
    second.submit_to(*sut);
  }
  EXPECT_TRUE(first.wait() && second.wait());
  EXPECT_TRUE(is_right(second.job(), {6}));
  EXPECT_EQ(sut->figures().batches, 1u);
  EXPECT_EQ(second.job().figures.computed, 0u);
}

TEST_F(TextServiceTest, AFullQueueIsBusyAndThoseInItAreAnswered) {
  const auto sut = service(nullptr, {.batch_tokens = 1, .waiting_tokens = 0});
  Call first(*sut, pick({1})), second(*sut, pick({2})), refused(*sut, pick({3}));
  {
    const std::lock_guard hold(turn_);
    first.submit_to(*sut);
    ASSERT_TRUE(eventually([&] { return sut->figures().waiting_jobs == 0; }));
    second.submit_to(*sut);
    EXPECT_EQ(refused.submit_to(*sut).wait().code(), StatusCode::busy);
  }
  EXPECT_TRUE(first.wait() && second.wait());
  EXPECT_TRUE(is_right(second.job(), {2}));
}

TEST_F(TextServiceTest, AnAbandonedOrLateJobIsNotComputed) {
  const auto sut = service(&store());
  Call first(*sut, pick({1})), abandoned(*sut, pick({2})), late(*sut, pick({3}));
  late.job().deadline = ServiceJob::Clock::now() - std::chrono::seconds(1);
  {
    const std::lock_guard hold(turn_);
    first.submit_to(*sut);
    ASSERT_TRUE(eventually([&] { return sut->figures().waiting_jobs == 0; }));
    abandoned.submit_to(*sut);
    late.submit_to(*sut);
    abandoned.job().abandoned = true;
  }
  EXPECT_TRUE(first.wait());
  EXPECT_EQ(abandoned.wait().code(), StatusCode::unavailable);
  EXPECT_EQ(late.wait().code(), StatusCode::deadline_exceeded);
  EXPECT_EQ(sut->figures().outputs.computed, 1u);
}

TEST_F(TextServiceTest, ATextThatIsTooLongIsCutOrRefusedAsAskedFor) {
  const auto sut = service(nullptr);
  std::string text;
  for (std::uint32_t i = 0; i < kLength - 2; ++i) text += "a ";
  const std::string longer = text + "b";
  const TextInput fits[] = {{text}}, too_long[] = {{"a"}, {longer}};
  EXPECT_EQ((*sut->tokenize(fits, options(false)))[0].ids.size(), kLength);
  EXPECT_EQ((*sut->tokenize(too_long, options(true)))[1].ids.size(), kLength);
  const Status refused = sut->tokenize(too_long, options(false)).status();
  EXPECT_EQ(refused.code(), StatusCode::full);
  EXPECT_EQ(refused.message(),
            "`inputs` must have less than 25 tokens. Given: 25 (input 1); \"truncate\": true cuts it");
}

TEST_F(TextServiceTest, APromptComesBeforeEveryText) {
  const auto sut = service(nullptr);
  const TextInput text[] = {{"money"}}, whole[] = {{"about money"}};
  EXPECT_EQ((*sut->tokenize(text, options(true, "about ")))[0].ids, (*sut->tokenize(whole, {}))[0].ids);
}

TEST_F(TextServiceTest, StoppedItRefusesWhatWaitsAndAnswersWhatItComputes) {
  const auto sut = service(nullptr, {.batch_tokens = 1});
  Call computed(*sut, pick({1})), half(*sut, pick({2, 3})), waiting(*sut, pick({4}));
  std::thread stopper;
  {
    const std::lock_guard hold(turn_);
    computed.submit_to(*sut);
    ASSERT_TRUE(eventually([&] { return sut->figures().waiting_jobs == 0; }));
    half.submit_to(*sut);
    waiting.submit_to(*sut);
    stopper = std::thread([&] { sut->stop(); });
    EXPECT_EQ(half.wait().code(), StatusCode::unavailable);
    EXPECT_EQ(waiting.wait().code(), StatusCode::unavailable);
  }
  stopper.join();
  EXPECT_TRUE(computed.wait());
  Call late(*sut, pick({5}));
  EXPECT_EQ(late.submit_to(*sut).wait().code(), StatusCode::unavailable);
  for (const Call* call : {&computed, &half, &waiting, &late}) EXPECT_EQ(call->answers(), 1);
}

TEST_F(TextServiceTest, AJobThatIsHalfComputedWhenTheServiceStopsIsAnsweredOnce) {
  const auto sut = service(nullptr, {.batch_tokens = 1});
  Call half(*sut, pick({2, 3, 4}));
  std::thread stopper;
  {
    const std::lock_guard hold(turn_);
    half.submit_to(*sut);
    const std::size_t all = half.job().tokens();
    ASSERT_TRUE(eventually([&] { return sut->figures().waiting_tokens < all; }));
    stopper = std::thread([&] { sut->stop(); });
    EXPECT_EQ(half.wait().code(), StatusCode::unavailable);
  }
  stopper.join();
  EXPECT_EQ(half.answers(), 1);
}

TEST_F(TextServiceTest, FinishedItHasComputedWhatWaited) {
  const auto sut = service(nullptr, {.batch_tokens = 1});
  Call first(*sut, pick({1, 2, 3})), second(*sut, pick({4, 5}));
  first.submit_to(*sut);
  second.submit_to(*sut);
  sut->finish();
  EXPECT_TRUE(first.wait() && second.wait());
  EXPECT_TRUE(is_right(first.job(), {1, 2, 3}) && is_right(second.job(), {4, 5}));
}

TEST_F(TextServiceTest, StoppedAmongManyCallersItAnswersEachOnce) {
  const auto sut = service(&store(), {.batch_tokens = 20});
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (unsigned seed = 0; seed < 4; ++seed)
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 60; ++i) {
        const std::vector<std::size_t> numbers = {random() % texts_.size(), random() % texts_.size()};
        Call call(*sut, pick(numbers));
        const Status status = call.submit_to(*sut).wait();
        const bool right = status ? is_right(call.job(), numbers) : status.code() == StatusCode::unavailable;
        wrong += right && call.answers() == 1 ? 0 : 1;
      }
    });
  sut->stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(TextServiceTest, AStoreThatIsGoneCostsNothingButItsUse) {
  const auto sut = service(&store());
  (void)expect_right(*sut, {1, 2});
  store().gone = true;
  const JobFigures gone = expect_right(*sut, {1, 2, 3});
  EXPECT_EQ(gone.found, 0u);
  EXPECT_EQ(gone.computed, 3u);
  store().gone = false;
  EXPECT_EQ(expect_right(*sut, {1, 2}).found, 2u);
}

TEST_F(TextServiceTest, WhatChangesInTheStoreWhileItIsReadIsComputed) {
  (void)expect_right(*service(&store()), {1, 2});
  store().revoking = true;
  const JobFigures figures = expect_right(*service(&store()), {1, 2});
  EXPECT_EQ(figures.found, 0u);
  EXPECT_EQ(figures.computed, 2u);
}

TEST_F(TextServiceTest, ServicesThatShareTheCoresComputeOneAtATimeAndRightly) {
  const auto left = service(nullptr, {.batch_tokens = 30}), right = service(&store(), {.batch_tokens = 30});
  std::thread other([&] { ask_at_random(*left, 1, 20); });
  ask_at_random(*right, 2, 20);
  other.join();
}

TEST_F(TextServiceTest, TheNearestMapOfAKnownTextIsItsOwn) {
  const auto sut = service_with_maps();
  EXPECT_EQ(sut->map_layers(), (std::vector<std::size_t>{0, 1, 2}));
  keep_maps(*sut, {1, 10, 19});
  const auto layers = sut->near_maps(input(*sut, 10), 3);
  ASSERT_TRUE(layers) << layers.status().message();
  ASSERT_EQ(layers->size(), 3u);
  for (const LayerNearMaps& layer : *layers) {
    EXPECT_EQ(layer.heads.size(), layer.own.shape.heads);
    ASSERT_FALSE(layer.near.empty());
    EXPECT_NEAR(layer.near[0].distance, 0, 1e-5);
    EXPECT_TRUE(same_payload(layer.near[0], layer.own));
    for (std::size_t i = 1; i < layer.near.size(); ++i)
      EXPECT_LE(layer.near[i - 1].distance, layer.near[i].distance);
  }
}

TEST_F(TextServiceTest, ANewTextHasNeighboursHoweverFarAndSearchingLeavesNoTrace) {
  const auto sut = service_with_maps();
  keep_maps(*sut, {19, 28});  // longer ones
  const auto acknowledged = store().publish_counts().acknowledged;
  for (int round = 0; round < 2; ++round) {
    const auto layers = sut->near_maps(input(*sut, 1), 2);
    ASSERT_TRUE(layers) << layers.status().message();
    for (const LayerNearMaps& layer : *layers) {
      ASSERT_EQ(layer.near.size(), 2u);
      EXPECT_GT(layer.near[0].distance, 0);
      EXPECT_GE(layer.near[0].shape.length, layer.own.shape.length);
    }
  }
  ASSERT_TRUE(store().flush(std::chrono::seconds(30)));
  EXPECT_EQ(store().publish_counts().acknowledged, acknowledged);
}

TEST_F(TextServiceTest, NearMapsAreRefusedWhereNoneAreKeptAndWhereTheStoreDoesNotAnswer) {
  const auto plain = service(nullptr), results = service(&store()), maps = service_with_maps();
  for (TextService* sut : {plain.get(), results.get()}) {
    EXPECT_TRUE(sut->map_layers().empty());
    EXPECT_EQ(sut->near_maps(input(*sut, 1), 1).status().code(), StatusCode::unsupported);
  }
  store().gone = true;
  EXPECT_EQ(maps->near_maps(input(*maps, 1), 1).status().code(), StatusCode::unavailable);
}

TEST_F(TextServiceTest, AMapThatChangesWhileItIsCopiedIsNotShown) {
  const auto sut = service_with_maps();
  keep_maps(*sut, {1});
  store().revoking = true;
  const auto layers = sut->near_maps(input(*sut, 1), 1);
  ASSERT_TRUE(layers);
  for (const LayerNearMaps& layer : *layers) EXPECT_TRUE(layer.near.empty());
}

TEST_F(TextServiceTest, NearMapsAreSearchedForWhileOthersAreServed) {
  const auto sut = service_with_maps();
  keep_maps(*sut, {1, 2, 3});
  std::atomic<bool> over = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> searchers;
  for (int i = 0; i < 2; ++i)
    searchers.emplace_back([&] {
      while (!over) {
        const auto layers = sut->near_maps(input(*sut, 1), 2);
        wrong += layers || layers.status().code() == StatusCode::busy ? 0 : 1;
      }
    });
  for (std::size_t i = 0; i < 30; ++i) EXPECT_TRUE(Call(*sut, pick({i % 7, 10 + i % 9})).submit_to(*sut).wait());
  over = true;
  for (std::thread& searcher : searchers) searcher.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace memo::test
