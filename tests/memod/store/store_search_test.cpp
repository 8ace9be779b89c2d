// Lookups by similarity: batches, formats of the index, memos that come and go meanwhile, and what all of it takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "index/distance/l2.h"
#include "tests/support/eventually.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/temp_dir.h"

#include "memod/store/store.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kWide = 32;
constexpr std::size_t kBatch = 48;

SpaceSpec wide_space(std::uint64_t payload_bytes) {
  SpaceSpec spec = small_space(payload_bytes);
  spec.feature_dimension = kWide;
  return spec;
}

// A feature of the memo with this number, in groups of near ones.
std::vector<float> wide_feature(std::uint64_t number) {
  std::mt19937 group(static_cast<unsigned>(number % 64)), own(static_cast<unsigned>(number + 1000));
  std::normal_distribution<float> far(0, 1), near(0, 0.2f);
  std::vector<float> feature(kWide);
  for (float& value : feature) value = far(group) + near(own);
  return feature;
}

class StoreWithGraph {
 public:
  StoreWithGraph(StoreOptions options, std::uint64_t pool_bytes) {
    options.path = folder_.file("pool");
    options.create_bytes = pool_bytes;
    options.eviction.enabled = false;
    store_ = Store::open(options).value();
    store_->register_leases(leases_);
    space_ = store_->open_space(wide_space(64)).value();
  }
  ~StoreWithGraph() { store_->unregister_leases(leases_); }

  void publish(std::uint64_t number, Layer layer = Layer{0}, float penalty = 1) {
    const auto feature = wide_feature(number);
    const Publication publication{.layer = layer,
                                  .key = key_of(number),
                                  .feature = feature,
                                  .length = 100,
                                  .cost_us = 1,
                                  .penalty = penalty};
    ASSERT_TRUE(store_->publish(space_, publication, payload_of(number, 64)).is_ok());
  }
  std::uint64_t indexed() {
    std::uint64_t sum = 0;
    const auto stats = store_->stats();
    for (const LayerStats& layer : stats->spaces[0].layers) sum += layer.indexed;
    return sum;
  }
  void wait_until_indexed(std::uint64_t memos) {
    ASSERT_TRUE(eventually([&] { return indexed() >= memos; }, std::chrono::seconds(120)));
  }

  // Answers to all queries in one request; each answer takes the lease of its number.
  std::vector<std::optional<Found>> find(std::span<const std::vector<float>> queries, float max_distance,
                                         std::uint32_t neighbours = 1) {
    std::vector<LookupItem> items;
    for (const std::vector<float>& query : queries) items.push_back({Key{}, query, 0});
    std::vector<std::uint32_t> leases(items.size() * neighbours);
    std::iota(leases.begin(), leases.end(), 0u);
    std::vector<std::optional<Found>> found(leases.size());
    EXPECT_TRUE(store_->find({space_, Layer{0}, max_distance, items, neighbours}, leases_, leases, found).is_ok());
    return found;
  }
  void release(std::size_t leases) {
    for (std::uint32_t i = 0; i < leases; ++i) leases_.release(i);
  }

  Store& store() { return *store_; }
  SpaceId space() const { return space_; }

 private:
  std::array<std::atomic<std::uint64_t>, kBatch * kMaxNeighbours> words_{};
  LeaseTable leases_{words_};
  TempDir folder_;
  std::unique_ptr<Store> store_;
  SpaceId space_{};
};

class StoreSearch : public testing::TestWithParam<std::tuple<FeatureFormat, std::uint32_t>> {
 protected:
  static constexpr std::uint64_t kMemos = 1500;

  StoreSearch() {
    for (std::uint64_t number = 0; number < kMemos; ++number) sut_.publish(number);
    sut_.wait_until_indexed(kMemos - 200);  // some are in the tail
    std::mt19937 random(5);
    std::normal_distribution<float> normal(0, 0.05f);
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      queries_.push_back(wide_feature(i * 31));
      for (float& value : queries_.back()) value += normal(random);
    }
  }

  StoreWithGraph sut_{{.path = {},
                       .flat_limit = 256,
                       .index_features = std::get<0>(GetParam()),
                       .search_threads = std::get<1>(GetParam())},
                      32 << 20};
  std::vector<std::vector<float>> queries_;
};

TEST_P(StoreSearch, FindsTheNearestAtItsExactDistance) {
  const auto found = sut_.find(queries_, 10);
  for (std::uint64_t i = 0; i < kBatch; ++i) {
    ASSERT_TRUE(found[i].has_value());
    EXPECT_EQ(found[i]->key, key_of(i * 31));
    EXPECT_EQ(found[i]->distance, l2_distance(queries_[i], wide_feature(i * 31)));
  }
}

// However the index keeps features, and wherever it has them: in the graph or in the tail.
TEST_P(StoreSearch, NeighboursComeInTheOrderOfTheirExactDistances) {
  constexpr std::uint32_t kNeighbours = 5;
  const auto found = sut_.find(queries_, 100, kNeighbours);
  std::size_t right = 0;
  for (std::size_t i = 0; i < kBatch; ++i) {
    std::vector<float> distances;
    for (std::uint64_t number = 0; number < kMemos; ++number)
      distances.push_back(l2_distance(queries_[i], wide_feature(number)));
    std::sort(distances.begin(), distances.end());
    float before = 0;
    for (std::size_t place = 0; place < kNeighbours; ++place) {
      const auto& answer = found[i * kNeighbours + place];
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->distance, l2_distance(queries_[i], wide_feature(answer->key.low)));
      EXPECT_GT(answer->distance, before);
      before = answer->distance;
      right += before <= distances[kNeighbours - 1];
    }
    EXPECT_EQ(found[i * kNeighbours]->key, key_of(i * 31));
  }
  EXPECT_GE(right, kBatch * kNeighbours * 8 / 10);
}

// As far as the search sees them: it is asked for 64.
TEST_P(StoreSearch, PenaltiesOrderTheNearestSixtyFour) {
  const auto penalty = [](std::uint64_t number) { return number % 3 == 0 ? 0.8f : 1.25f; };
  for (std::uint64_t number = kMemos; number < 2 * kMemos; ++number)
    sut_.publish(number, Layer{0}, penalty(number));
  sut_.wait_until_indexed(2 * kMemos - 200);
  const auto counted = [&](std::size_t query, std::uint64_t number) {
    return l2_distance(queries_[query], wide_feature(number)) * (number < kMemos ? 1 : penalty(number));
  };
  const auto found = sut_.find(queries_, 100);
  std::size_t right = 0;
  for (std::size_t i = 0; i < kBatch; ++i) {
    std::vector<std::pair<float, std::uint64_t>> near;
    for (std::uint64_t number = 0; number < 2 * kMemos; ++number)
      near.emplace_back(l2_distance(queries_[i], wide_feature(number)), number);
    std::partial_sort(near.begin(), near.begin() + 64, near.end());
    float best = HUGE_VALF;
    for (std::size_t place = 0; place < 64; ++place) best = std::min(best, counted(i, near[place].second));
    ASSERT_TRUE(found[i].has_value());
    EXPECT_EQ(found[i]->distance, l2_distance(queries_[i], wide_feature(found[i]->key.low)));
    right += counted(i, found[i]->key.low) <= best;
  }
  EXPECT_GE(right, kBatch * 9 / 10);
}

TEST_P(StoreSearch, BatchAnswersAsItsItemsDoAlone) {
  const auto batch = sut_.find(queries_, 0.3f);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < kBatch; ++i) {
    const auto alone = sut_.find(std::span(queries_).subspan(i, 1), 0.3f);
    ASSERT_EQ(batch[i].has_value(), alone[0].has_value());
    if (!alone[0]) continue;
    ++hits;
    EXPECT_EQ(batch[i]->slot, alone[0]->slot);
    EXPECT_EQ(batch[i]->distance, alone[0]->distance);
    EXPECT_LE(batch[i]->distance, 0.3f);
  }
  EXPECT_GT(hits, 5u);
  EXPECT_LT(hits, kBatch);
}

INSTANTIATE_TEST_SUITE_P(FormatsAndThreads, StoreSearch,
                         testing::Combine(testing::ValuesIn(kFeatureFormats), testing::Values(1u, 3u)),
                         [](const auto& info) {
                           return std::string(to_string(std::get<0>(info.param))) + "_" +
                                  std::to_string(std::get<1>(info.param));
                         });

// A search is answered without the catalog's lock, so a slot may stand for another memo by the time it is looked at.
class StoreSearchBesideReuse : public testing::TestWithParam<FeatureFormat> {
 protected:
  static constexpr std::uint64_t kMemos = 300;

  // Whatever is answered is what was asked for: its key's feature is as near as it says.
  void look_up_until_done() {
    for (std::uint64_t round = 0; !done_; ++round) {
      std::vector<std::vector<float>> queries;
      for (std::uint64_t i = 0; i < 8; ++i) queries.push_back(wide_feature((round * 8 + i) % kMemos));
      const auto found = sut_.find(queries, 2.5f);
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i]) continue;
        ++hits_;
        wrong_ += found[i]->distance != l2_distance(queries[i], wide_feature(found[i]->key.low));
        wrong_ += found[i]->key.low % 2 == 1;  // of the other layer
      }
      sut_.release(8);
    }
  }
  // Even numbers in layer 0, odd ones in layer 1: slots go to and fro between the layers.
  void reuse_slots() {
    std::mt19937 random(9);
    for (int i = 0; i < 6000; ++i) {
      const std::uint64_t number = random() % (2 * kMemos);
      const Layer layer{static_cast<std::uint32_t>(number % 2)};
      if (sut_.store().erase(sut_.space(), layer, key_of(number))) continue;
      sut_.publish(number, layer, number % 5 == 0 ? 0.7f : 1);  // headers are read for penalties, too
    }
  }

  StoreWithGraph sut_{{.path = {}, .flat_limit = 64, .index_features = GetParam(), .search_threads = 2}, 16 << 20};
  std::atomic<bool> done_ = false;
  std::atomic<std::uint64_t> hits_ = 0, wrong_ = 0;
};

TEST_P(StoreSearchBesideReuse, NeverAnswersWithAMemoThatIsNotWhatItSays) {
  for (std::uint64_t number = 0; number < kMemos; ++number) sut_.publish(number, Layer{number % 2 == 0 ? 0u : 1u});
  std::thread reader([&] { look_up_until_done(); });
  reuse_slots();
  done_ = true;
  reader.join();
  EXPECT_GT(hits_, 0u);
  EXPECT_EQ(wrong_, 0u);
}

INSTANTIATE_TEST_SUITE_P(Formats, StoreSearchBesideReuse, testing::ValuesIn(kFeatureFormats),
                         [](const auto& info) { return std::string(to_string(info.param)); });

// See docs/measurements/search.md: 300 bytes a memo is the promise.
class StoreMemoryOfManyMemos : public testing::TestWithParam<std::uint32_t> {};

TEST_P(StoreMemoryOfManyMemos, IsFeaturesAndThreeHundredBytesEachAtMost) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "a graph of 100,000 memos takes ThreadSanitizer minutes, and shows it nothing new";
#endif
  constexpr std::uint64_t kMemos = 100'000;
  StoreWithGraph sut({}, 48 << 20);
  for (std::uint64_t number = 0; number < kMemos; ++number)
    sut.publish(number, Layer{static_cast<std::uint32_t>(number % GetParam())});
  sut.wait_until_indexed(kMemos);
  const StoreMemory memory = sut.store().memory();
  EXPECT_EQ(memory.features, kMemos * kWide * sizeof(float));
  EXPECT_GT(memory.links, 0u);
  EXPECT_GE(memory.catalog, kMemos * (16 + 8));
  EXPECT_LE(memory.links + memory.index_other + memory.catalog, kMemos * 300);
}

TEST(StoreMemoryOfManyResults, IsSixtyFourBytesEachAtMost) {
  constexpr std::uint64_t kResults = 100'000;
  test::TempDir folder;
  const auto store = Store::open({.path = folder.file("pool"), .create_bytes = 64 << 20});
  ASSERT_TRUE(store) << store.status().message();
  const SpaceId space = (*store)->open_space(small_output_space(256)).value();
  const auto payload = payload_of(1, 256);
  for (std::uint64_t number = 0; number < kResults; ++number)
    ASSERT_TRUE((*store)->publish(space, {.key = key_of(number), .length = 1, .cost_us = 1}, payload)) << number;
  const StoreMemory memory = (*store)->memory();
  EXPECT_EQ(memory.features, 0u);
  EXPECT_LE(memory.links + memory.index_other + memory.catalog, kResults * 64);
}

INSTANTIATE_TEST_SUITE_P(Layers, StoreMemoryOfManyMemos, testing::Values(1u, 6u));

}  // namespace
}  // namespace memo::test
