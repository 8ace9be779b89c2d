#include "model/memo/selection/admission.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <random>
#include <set>
#include <utility>

namespace memo {
namespace {

Digest text(std::uint64_t number) {
  std::mt19937_64 random(number);
  const std::uint64_t high = random();
  return {high, random()};
}

// A text that hits saves 1000 µs.
AdmissionReport report(double publish_us) {
  AdmissionReport report;
  report.published = 1;
  report.publish_us = publish_us;
  report.saved_us = 1000;
  return report;
}

bool admits(Admission& admission, std::uint64_t number) {
  return admission.judge(std::vector{text(number)}).front().admitted;
}

// A stream of texts from number `begin` on where `repeats` of all came before; -> share admitted of the new ones.
double share_admitted(Admission& admission, double repeats, int texts, double publish_us,
                      std::uint64_t begin = 1'000'000) {
  std::mt19937 random(7);
  std::bernoulli_distribution again(repeats);
  std::uint64_t next = begin;
  int fresh = 0, admitted = 0;
  for (int i = 0; i < texts; ++i) {
    admission.learn(report(publish_us));
    if (again(random) && next > begin) {
      (void)admits(admission, begin + random() % (next - begin));
    } else {
      ++fresh;
      admitted += admits(admission, next++) ? 1 : 0;
    }
  }
  return static_cast<double>(admitted) / fresh;
}

TEST(Admission, AdmitsEverythingAtFirst) {
  Admission sut;
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_TRUE(admits(sut, i));
}

TEST(Admission, SharesFallToTheFloorWhereNothingComesAgain) {
  Admission sut;
  (void)share_admitted(sut, 0, 3000, 200);
  EXPECT_DOUBLE_EQ(sut.share(), 1.0 / 128);
  EXPECT_NEAR(share_admitted(sut, 0, 20'000, 200, 2'000'000), 1.0 / 128, 0.003);
}

TEST(Admission, ShareStaysWhereRepeatsPay) {
  Admission sut;
  EXPECT_DOUBLE_EQ(share_admitted(sut, 0.5, 10'000, 200), 1);
}

TEST(Admission, ShareGrowsAgainWhenRepeatsBegin) {
  Admission sut;
  (void)share_admitted(sut, 0, 3000, 200);
  (void)share_admitted(sut, 0.5, 10'000, 200, 2'000'000);
  EXPECT_DOUBLE_EQ(sut.share(), 1);
}

// Texts from `begin` on, each twice in a row; -> share admitted at their first and at their second coming.
std::pair<double, double> admitted_of_pairs(Admission& admission, std::uint64_t begin, int pairs) {
  int first = 0, second = 0;
  for (std::uint64_t i = begin; i < begin + static_cast<std::uint64_t>(pairs); ++i) {
    first += admits(admission, i) ? 1 : 0;
    second += admits(admission, i) ? 1 : 0;
  }
  return {static_cast<double>(first) / pairs, static_cast<double>(second) / pairs};
}

TEST(Admission, SecondComingIsAdmittedWhateverTheShareOfAll) {
  Admission sut;
  (void)share_admitted(sut, 0, 5000, 200);
  const auto [first, second] = admitted_of_pairs(sut, 0, 30);
  EXPECT_LT(first, 0.1);
  EXPECT_DOUBLE_EQ(second, 1);
}

TEST(Admission, HalfOfThoseSeenAreAdmittedWhereTheyDoNotComeAThirdTime) {
  Admission sut;
  (void)share_admitted(sut, 0, 5000, 5000);
  (void)admitted_of_pairs(sut, 0, 1000);
  EXPECT_DOUBLE_EQ(sut.share_of_seen(), 1.0 / 2);
  EXPECT_NEAR(admitted_of_pairs(sut, 10'000, 4000).second, 1.0 / 2, 0.03);
}

// 100 texts come `times` each, in random order among 20,000 that come once.
void stream_with_hot_texts(Admission& admission, int times, double publish_us, std::uint64_t begin) {
  std::vector<std::uint64_t> stream;
  for (std::uint64_t i = 0; i < 20'000; ++i) stream.push_back(begin + 1000 + i);
  for (int i = 0; i < 100 * times; ++i) stream.push_back(begin + static_cast<std::uint64_t>(i % 100));
  std::shuffle(stream.begin(), stream.end(), std::mt19937(5));
  for (const std::uint64_t number : stream) {
    admission.learn(report(publish_us));
    (void)admits(admission, number);
  }
}

TEST(Admission, HotTextsAmongOthersAreAllAdmittedOnceSeen) {
  Admission sut;
  stream_with_hot_texts(sut, 30, 2000, 0);
  EXPECT_DOUBLE_EQ(sut.share(), 1.0 / 128);
  EXPECT_DOUBLE_EQ(sut.share_of_seen(), 1);
}

TEST(Admission, ShareOfThoseSeenGrowsAgainWhenTheyComeOften) {
  Admission sut;
  (void)share_admitted(sut, 0, 5000, 5000);
  (void)admitted_of_pairs(sut, 0, 1000);
  ASSERT_LT(sut.share_of_seen(), 1);
  stream_with_hot_texts(sut, 60, 2000, 1'000'000'000);
  EXPECT_DOUBLE_EQ(sut.share_of_seen(), 1);
}

TEST(Admission, SampleIsTheSameForAllAndNested) {
  // Two processes that came to different shares.
  AdmissionRules rules;
  rules.seen = false;
  Admission small(rules);
  rules.of_all.least = 1.0 / 8;
  Admission large(rules);
  AdmissionReport poor = report(1e9);
  poor.sampled_lookups = 1000;
  for (Admission* admission : {&small, &large})
    for (std::uint64_t i = 0; i < 5000; ++i) {
      admission->learn(poor);
      (void)admits(*admission, 1'000'000 + i);
    }
  ASSERT_LT(small.share(), large.share());
  int both = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const bool in_small = admits(small, i);
    EXPECT_TRUE(admits(large, i) || !in_small) << i;
    both += in_small ? 1 : 0;
  }
  EXPECT_GT(both, 0);
}

TEST(Admission, SmallestSampleIsWatchedWhateverTheShareIs) {
  Admission sut;
  const auto watched = [&] {
    std::vector<std::uint64_t> found;
    for (std::uint64_t i = 0; i < 5000; ++i)
      if (sut.judge(std::vector{text(i)}).front().watched) found.push_back(i);
    return found;
  };
  const std::vector<std::uint64_t> at_first = watched();
  EXPECT_NEAR(static_cast<double>(at_first.size()), 5000.0 / 128, 15);
  (void)share_admitted(sut, 0, 3000, 200, 2'000'000);
  ASSERT_LT(sut.share(), 1);
  EXPECT_EQ(watched(), at_first);
}

TEST(Admission, HitsInTheSampleEstimateTheRateOfAllRepeats) {
  // Texts come 1 + Poisson(0.3) times on average in random order, from many processes: this one only samples. A store
  // holds exactly what is sampled.
  AdmissionRules rules;
  rules.seen = false;
  rules.of_all.least = 1.0 / 32;
  Admission sut(rules);
  AdmissionReport poor = report(1e9);
  poor.sampled_lookups = 1000;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    sut.learn(poor);
    (void)admits(sut, 1'000'000'000 + i);
  }
  ASSERT_DOUBLE_EQ(sut.share(), 1.0 / 32);
  std::mt19937 random(3);
  std::poisson_distribution<int> repeats(0.3);
  std::vector<std::uint64_t> stream;
  for (std::uint64_t i = 0; i < 200'000; ++i)
    for (int left = 1 + repeats(random); left > 0; --left) stream.push_back(i);
  std::shuffle(stream.begin(), stream.end(), random);
  const double true_rate = 1 - 200'000.0 / static_cast<double>(stream.size());
  std::set<std::uint64_t> stored;
  double trials = 0, hits = 0;
  for (const std::uint64_t number : stream) {
    if (!sut.judge(std::vector{text(number)}).front().sampled) continue;
    ++trials;
    hits += stored.insert(number).second ? 0 : 1;
  }
  // 8000 trials: a standard error of about 0.5 %.
  EXPECT_NEAR(hits / trials, true_rate, 0.02);
}

TEST(Doorkeeper, KnowsTheLatestTextsAndFewOthers) {
  Doorkeeper sut;
  int wrong = 0;
  constexpr std::uint64_t kTexts = 5 * Doorkeeper::kTexts / 2;
  for (std::uint64_t i = 0; i < kTexts; ++i) wrong += sut.seen(text(i)) ? 1 : 0;
  EXPECT_LE(wrong, static_cast<int>(kTexts * 4 / 10'000));
  for (std::uint64_t i = kTexts - Doorkeeper::kTexts; i < kTexts; ++i) ASSERT_TRUE(sut.seen(text(i))) << i;
}

TEST(Doorkeeper, ForgetsWhatIsLongAgo) {
  Doorkeeper sut;
  (void)sut.seen(text(0));
  for (std::uint64_t i = 1; i <= 3 * Doorkeeper::kTexts; ++i) (void)sut.seen(text(i));
  EXPECT_FALSE(sut.seen(text(0)));
}

}  // namespace
}  // namespace memo
