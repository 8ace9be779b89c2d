// memo-bench stream: a stream of texts in order through a real store, beside plain.
#include "tools/memo-bench/stream/bench.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <map>
#include <utility>

#include "tests/support/temp_dir.h"
#include "tests/support/tiny_texts.h"
#include "tools/memo-bench/stream/mails.h"
#include "tools/memo-bench/stream/window.h"

namespace memo {
namespace {

class Stream : public testing::Test {
 protected:
  Stream() {
    options_.model = std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert";
    options_.input = folder_.file("stream.jsonl");
    options_.folder = folder_.path();
    options_.lengths = {16};
    options_.pool_size = "64MiB";
    options_.threads = 1;
    options_.windows = 2;
  }

  // So many texts; each `every`th is the first once more.
  void write(int texts, int every) {
    std::ofstream file(options_.input);
    const std::string first = texts_.line(0, "a");
    for (int i = 0; i < texts; ++i) file << (i % every == 0 ? first : texts_.line(i, "a"));
  }
  // What a run came to.
  nlohmann::ordered_json run(const std::string& reuse, const std::string& selection) {
    options_.reuse = {reuse};
    options_.selections = {selection};
    const auto found = run_stream_bench(options_);
    EXPECT_TRUE(found) << found.status().message();
    return found ? (*found)["cases"][0]["runs"][0] : nlohmann::ordered_json();
  }

  test::TempDir folder_;
  StreamBench options_;
  test::TinyTexts texts_;
};

TEST_F(Stream, EveryRepeatHitsInEveryLayerWhenEverythingIsKept) {
  write(128, 4);  // of 128 texts the first 32 times
  const auto all = run("maps", "fixed")["all"];
  EXPECT_EQ(all["texts"], 128);
  EXPECT_DOUBLE_EQ(all["repeat_rate"], 31.0 / 128);
  // Of the first batch of 8 the second is the first once more, before that is stored.
  EXPECT_EQ(all["maps"]["exact_hits"].get<int>() % 2, 0);
  EXPECT_GE(all["maps"]["exact_hits"], 2 * 30);
  EXPECT_EQ(all["maps"]["errors"], 0);
  EXPECT_EQ(all["outputs"]["lookups"], 0);
  EXPECT_GT(all["cosine"]["least"], 0.9);
}

TEST_F(Stream, EveryRepeatIsFoundWholeAndExactWhereResultsAreKept) {
  write(128, 4);
  const auto all = run("outputs", "online")["all"];
  // 31 repeats, and computed texts are those that are left.
  EXPECT_EQ(all["outputs"]["computed"], 97);
  EXPECT_EQ(all["outputs"]["hits"].get<int>() + all["outputs"]["repeated"].get<int>(), 31);
  EXPECT_EQ(all["outputs"]["repeated"], 16) << "each batch has the first text twice";
  EXPECT_EQ(all["outputs"]["published"], 97);
  EXPECT_EQ(all["different"], 0);
  EXPECT_EQ(all["maps"]["exact_hits"], 0);
}

TEST_F(Stream, SelectionPublishesWhatCameBeforeAndLittleElse) {
  write(256, 4);
  const auto all = run("maps", "seen")["all"];
  EXPECT_GT(all["maps"]["exact_hits"], 0);
  EXPECT_LT(all["maps"]["published"], 0.1);
}

TEST_F(Stream, WindowsAddUpToAll) {
  write(100, 5);
  const auto run = this->run("both", "online");
  ASSERT_EQ(run["windows"].size(), 2u);
  for (const char* name : {"/texts", "/different", "/maps/exact_hits", "/maps/similar_hits", "/maps/gated",
                           "/maps/probes", "/outputs/hits", "/outputs/repeated", "/outputs/computed"}) {
    const nlohmann::ordered_json::json_pointer at(name);
    const auto sum = run["windows"][0].at(at).get<std::uint64_t>() + run["windows"][1].at(at).get<std::uint64_t>();
    EXPECT_EQ(run["all"].at(at), sum) << name;
  }
  for (const auto& window : run["windows"]) {
    EXPECT_LE(window["saved_low"], window["saved"]);
    EXPECT_GE(window["saved_high"], window["saved"]);
    double parts = 0;
    for (const auto& part : window["parts_us"]) parts += part.get<double>();
    EXPECT_GT(parts, 0);
    EXPECT_LT(parts, window["memoized_us"]);
  }
}

TEST_F(Stream, TextsComeInTheOrderOfTheirDates) {
  std::ofstream(options_.input) << R"({"text": "c", "date": 30})"
                                << "\n"
                                << R"({"text": "a", "date": 10})"
                                << "\n"
                                << R"({"text": "after a"})"
                                << "\n"
                                << R"({"text": "b", "date": 20})"
                                << "\n";
  const auto stream = read_stream(options_.input, 3);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->dated, 3u);
  ASSERT_EQ(stream->texts.size(), 3u);
  EXPECT_EQ(stream->texts[0].text, "a");
  EXPECT_EQ(stream->texts[1].text, "after a");
  EXPECT_EQ(stream->texts[2].text, "b");
}

TEST(StreamTexts, DrawnByZipfRepeatAsTheExponentSays) {
  StreamTexts texts;
  for (int i = 0; i < 2000; ++i) texts.texts.push_back({std::to_string(i), i});
  // -> different texts, and how often the most frequent one comes
  const auto count = [&](double skew, std::uint64_t seed) {
    std::map<std::string, int> times;
    for (const StreamText& text : draw_by_zipf(texts, skew, seed).texts) ++times[text.text];
    int most = 0;
    for (const auto& [text, number] : times) most = std::max(most, number);
    return std::pair(static_cast<int>(times.size()), most);
  };
  const auto even = count(0, 1), skewed = count(1, 1);
  EXPECT_NEAR(even.first, 2000 * (1 - std::exp(-1)), 80);
  // Rank 0 of 2000 has 1 / (ln 2000 + 0.577) of all.
  EXPECT_NEAR(skewed.second, 2000 / (std::log(2000) + 0.577), 50);
  EXPECT_NEAR(skewed.first, 632, 60);  // sum over ranks of 1 - (1 - p)^2000
  EXPECT_EQ(count(1, 1), skewed);
  EXPECT_NE(draw_by_zipf(texts, 1, 2).texts[0].text + draw_by_zipf(texts, 1, 2).texts[1].text,
            draw_by_zipf(texts, 1, 1).texts[0].text + draw_by_zipf(texts, 1, 1).texts[1].text);
}

TEST_F(Stream, DrawnTextsComeAgain) {
  write(200, 1000);
  options_.zipf = 1;
  options_.reuse = {"maps"};
  options_.selections = {"fixed"};
  const auto found = run_stream_bench(options_);
  ASSERT_TRUE(found) << found.status().message();
  EXPECT_EQ((*found)["order"], "zipf");
  EXPECT_EQ((*found)["zipf"]["exponent"], 1);
  const auto all = (*found)["cases"][0]["runs"][0]["all"];
  EXPECT_EQ(all["texts"], 200);
  EXPECT_GT(all["repeat_rate"], 0.3);
  EXPECT_GT(all["maps"]["found"], 0.2);
}

TEST_F(Stream, MistakesAreNamed) {
  std::ofstream(options_.input) << "";
  EXPECT_NE(run_stream_bench(options_).status().message().find("no texts"), std::string::npos);
  options_.reuse = {"nothing"};
  EXPECT_NE(options_.validate().message().find("\"nothing\", must be outputs"), std::string::npos);
  options_.reuse = {"both"};
  options_.selections = {"sometimes"};
  EXPECT_NE(options_.validate().message().find("\"sometimes\", must be online"), std::string::npos);
  options_.selections = {"online"};
  options_.dtypes = {"f64"};
  EXPECT_NE(options_.validate().message().find("must be f32, bf16, s16 or s8"), std::string::npos);
  options_.dtypes = {"f32"};
  for (const double skew : {-1.0, 11.0, std::nan("")}) {
    options_.zipf = skew;
    EXPECT_NE(options_.validate().message().find("--zipf"), std::string::npos) << skew;
  }
}

TEST(StreamWindow, TellsOtherBitsFromOtherDirections) {
  StreamWindow window;
  const float plain[] = {1, 0, 0, 1, 0, 0}, found[] = {1, 0, 0, 0, 0, 0};
  window.add_texts(Tensor::of({3, 2}, plain), Tensor::of({3, 2}, found));
  EXPECT_EQ(window.different, 1u);
  EXPECT_DOUBLE_EQ(window.mean_cosine(), 2.0 / 3) << "two vectors of zeros are alike";
  const float negative_zero[] = {1, -0.0f};
  window.add_texts(Tensor::of({1, 2}, std::span(plain).first(2)), Tensor::of({1, 2}, negative_zero));
  EXPECT_EQ(window.different, 2u);
}

TEST(StreamWindow, IntervalIsThatOfBatchesAsAShareOfPlain) {
  StreamWindow window;
  for (int i = 0; i < 100; ++i) window.add_times(2, i % 2 == 0 ? 1 : 2);
  const Interval interval = window.saved_interval();
  EXPECT_DOUBLE_EQ(window.saved(), 0.25);
  EXPECT_NEAR(interval.mean, 0.25, 1e-12);
  // Differences of 0 and 1 in turn: the deviation of their mean is sqrt(25 / 99) / 10, of plain's 2 seconds.
  EXPECT_NEAR(interval.high - interval.mean, 1.959964 * std::sqrt(25.0 / 99) / 10 / 2, 1e-9);
  StreamWindow twice = window;
  twice.add(window);
  EXPECT_NEAR(twice.saved(), 0.25, 1e-12);
  EXPECT_LT(twice.saved_interval().high, interval.high);
  EXPECT_EQ(StreamWindow().saved_interval(), Interval());
}

}  // namespace
}  // namespace memo
