#include "tests/support/profile_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace memo::test {
namespace {

constexpr std::string_view kByHead = ", the next by head";

// Numbers that differ as measurements do, the same on every run.
class Noise {
 public:
  double operator()(double spread) {
    return spread * (2.0 * static_cast<double>(generator_()) / std::mt19937::max() - 1);
  }

 private:
  std::mt19937 generator_{7};
};

std::vector<TimePoint> times() {
  Noise noise;
  std::vector<TimePoint> times;
  for (const std::uint32_t batch : {1u, 8u})
    for (const std::uint32_t length : {32u, 128u, 256u, 512u}) {
      const double plain = (batch == 1 ? 105 : 92) * length * (1 + length / 1900.0) + noise(100);
      const double attention = plain * (0.38 + length / 2500.0);
      times.push_back({length, batch, plain, attention, plain - attention * (0.5 + length / 3000.0)});
    }
  return times;
}

std::vector<HeadSimilarity> similarities(const ProfileShape& shape) {
  Noise noise;
  std::vector<HeadSimilarity> all;
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer)
    for (std::uint32_t head = 0; head < shape.heads; ++head) {
      const double depth = static_cast<double>(layer) / std::max(1u, shape.layers);
      const double fixed = std::min(0.999, 0.76 - 0.25 * depth + noise(0.2) + (head % 5 == 2 ? 0.12 : 0));
      all.push_back({layer, head, fixed, fixed - 0.03 + noise(0.03), std::min(1.0, fixed + 0.02 + noise(0.015)),
                     fixed - 0.14 + noise(0.04)});
    }
  return all;
}

std::vector<ThresholdPoint> thresholds(const ProfileShape& shape) {
  std::vector<ThresholdPoint> all;
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer)
    for (int step = 0; step <= 8; ++step) {
      const double distance = 0.05 * step;
      const double reach = distance / (0.25 + 0.3 * layer / shape.layers);
      const double hits = 0.037 + 0.9 * (1 - std::exp(-reach * reach));
      all.push_back({layer, static_cast<float>(distance), hits, 1 - 0.55 * std::pow(hits, 0.7), 260.0 - layer * 3,
                     61 + 4 * hits + layer});
    }
  return all;
}

std::vector<LayerPolicy> first_layers_fixed(const ProfileShape& shape, std::uint32_t count) {
  std::vector<LayerPolicy> layers(shape.layers);
  for (std::uint32_t layer = 0; layer < count; ++layer) {
    layers[layer].mode = HeadMode::fixed;
    layers[layer].map = fmt::format("layer.{}", layer);
  }
  return layers;
}

std::vector<LayerPolicy> mixed_layers(const ProfileShape& shape, std::uint32_t count) {
  std::vector<LayerPolicy> layers = first_layers_fixed(shape, count);
  LayerPolicy& last = layers[std::min(count, shape.layers - 1)];
  last.mode = HeadMode::lookup;
  last.max_distance = 0.1f;
  last.map = "layer.last";
  for (std::uint32_t head = 0; head < shape.heads; ++head) {
    if (head % 5 == 2) last.fixed_heads.push_back(head);
    if (head % 4 == 3 && head % 5 != 2) last.compute_heads.push_back(head);
  }
  return layers;
}

Candidate candidate(const ProfileShape& shape, std::uint32_t count, bool calibrated, bool mixed, Noise& noise) {
  const double part = (count + (mixed ? 0.4 : 0)) / shape.layers;
  Candidate made{.name = fmt::format("layers 0–{} fixed{}", count - 1, mixed ? kByHead : ""),
                 .layers = mixed ? mixed_layers(shape, count) : first_layers_fixed(shape, count),
                 .calibrated = calibrated,
                 .saved = 0.225 * part + noise(0.003),
                 .lost = {},
                 .test = {}};
  const double harm = part * part * (calibrated ? 1 : 4);
  made.cosine = std::clamp(1 - 0.1 * harm + noise(0.004), 0.0, 1.0);
  made.cosine_p05 = std::max(0.0, made.cosine - 0.12 * harm);
  const double lost = 1.1 * harm + noise(0.25);
  if (shape.labels) made.lost = Interval{lost, lost - 0.6, lost + 0.6};
  if (calibrated) made.test = TestQuality{made.cosine - 0.01, made.cosine_p05 - 0.01, made.lost};
  made.in_budget = shape.labels ? lost <= 0.5 : made.cosine >= 0.95;
  return made;
}

std::vector<Candidate> candidates(const ProfileShape& shape) {
  Noise noise;
  std::vector<Candidate> all;
  for (std::uint32_t count = 1; count <= shape.layers; ++count)
    for (const bool calibrated : {false, true})
      for (const bool mixed : {false, true}) all.push_back(candidate(shape, count, calibrated, mixed, noise));
  // The last one within the budget that has a layer of several modes.
  const auto chosen = std::find_if(
      all.rbegin(), all.rend(), [](const Candidate& one) { return one.in_budget && one.name.ends_with(kByHead); });
  (chosen == all.rend() ? all.back() : *chosen).chosen = true;
  return all;
}

// The diagonal, a separator that everybody looks at, and some pairs. Shapes: [size, size]
MapPicture picture(std::uint32_t size, double disorder) {
  Noise noise;
  MapPicture made{size, {}};
  for (std::uint32_t row = 0; row < size; ++row)
    for (std::uint32_t column = 0; column < size; ++column) {
      const double distance = std::abs(static_cast<double>(row) - column);
      double value =
          0.9 * std::exp(-distance / 2.0) + (column % 23 == 22 ? 0.6 : 0.01) + std::fabs(noise(disorder));
      if ((row * 7 + column * 3) % 41 == 0) value += 0.4;
      made.values.push_back(
          static_cast<float>(std::round(1e4 * std::min(1.0, value)) / 1e4));  // as profile.json has
    }
  return made;
}

std::vector<MatchExample> examples(const ProfileShape& shape) {
  const std::string letter =
      "From: Weekly News <news@example.org>\nSubject: Your digest of Monday\n\nDear reader, this week brought "
      "three "
      "new releases and a fix for the mail filter. Read more about each of them below, or unsubscribe at any "
      "time.";
  const std::string other =
      "From: Weekly News <news@example.org>\nSubject: Your digest of Friday\n\nDear reader, this week brought "
      "five new "
      "releases and two fixes for the mail filter. Read more about some of them below, or unsubscribe at any "
      "time.";
  std::vector<MatchExample> all;
  for (std::uint32_t i = 0; i < 4; ++i)
    all.push_back({i % shape.layers, i * 3 % shape.heads, 0.04f + 0.05f * i, 0.97 - 0.11 * i,
                   i == 3 ? hostile_text() : letter, other, picture(shape.map_size, 0.05),
                   picture(shape.map_size, 0.05 + 0.1 * i)});
  return all;
}

ProfileSetting setting(const ProfileShape& shape) {
  ProfileSetting made{.model = "all-MiniLM-L6-v2",
                      .fingerprint = "9f2c41d07b6a58e3c1d2f4a6b8093e57",
                      .input = "mails.jsonl",
                      .machine = "Xeon with AVX-512, 2 cores",
                      .dtype = "f32",
                      .length = 128,
                      .batch = 8,
                      .threads = 2,
                      .seed = 1,
                      .layers = shape.layers,
                      .heads = shape.heads,
                      .training_texts = 3000,
                      .validation_texts = 1000,
                      .test_texts = 1000,
                      .embedder_texts = 1054,
                      .judged_texts = 0,
                      .mean_tokens = 117.4,
                      .classes = {}};
  if (!shape.labels) return made;
  made.classes = {"ham", "spam"};
  made.judged_texts = 2900;
  return made;
}

TestResult test_result(const ProfileShape& shape) {
  TestResult made{.texts = 1000,
                  .plain_us = 12840,
                  .memoized_us = 10570,
                  .saved = {0.177, 0.169, 0.186},
                  .cosine = 0.953,
                  .cosine_p05 = 0.891,
                  .plain_accuracy = {},
                  .memoized_accuracy = {},
                  .lost = {}};
  if (!shape.labels) return made;
  made.plain_accuracy = 96.1;
  made.memoized_accuracy = 95.8;
  made.lost = Interval{0.3, -0.35, 0.95};
  return made;
}

}  // namespace

std::string hostile_text() {
  return std::string(
             "</blockquote><script>document.title = 'taken'</script> <img src=\"http://example.org/x\" "
             "onerror='alert(1)'> &amp; &lt; \xff\xfe \xed\xa0\x80 \x01\x1b[31m \x7f \xc2\x85 \xef\xbf\xbf ") +
         '\0' + " \"quoted\" 'single' ]]> <!-- \xe2\x80\xae turned " + std::string(2000, 'w');
}

ProfileResult full_profile(const ProfileShape& shape) {
  return {.setting = setting(shape),
          .budget = {.labels = shape.labels, .points = 0.5, .cosine = 0.95},
          .times = times(),
          .similarities = similarities(shape),
          .thresholds = thresholds(shape),
          .candidates = candidates(shape),
          .examples = examples(shape),
          .test = test_result(shape),
          .pays = true,
          .verdict =
              "Fix the maps of the first layers: a text takes 17.7 % less time, and about 3 labels in 1000 "
              "change for the worse.",
          .command =
              "memo-infer --model all-MiniLM-L6-v2 --input mails.jsonl --memo file:memos.pool --policy "
              "profile/policy.toml --head profile/head.json --output labels.jsonl"};
}

ProfileResult profile_that_does_not_pay() {
  ProfileResult result = full_profile();
  for (Candidate& candidate : result.candidates) {
    candidate.chosen = candidate.in_budget = false;
    candidate.lost = Interval{candidate.lost->mean + 3, candidate.lost->low + 3, candidate.lost->high + 3};
  }
  result.test = {};
  result.pays = false;
  result.verdict = "Compute everything: no policy that was tried saves time within 0.5 points of accuracy.";
  result.command = "memo-infer --model all-MiniLM-L6-v2 --input mails.jsonl --memo none --output labels.jsonl";
  return result;
}

ProfileResult empty_profile() {
  ProfileResult result;
  result.setting = setting({});
  return result;
}

std::vector<std::pair<std::string, ProfileResult>> profile_samples() {
  ProfileResult bare = full_profile();
  bare.thresholds.clear();
  bare.examples.clear();
  for (HeadSimilarity& head : bare.similarities) head.nearest = head.blend = 0;
  ProfileResult hostile = full_profile();
  hostile.setting.model = hostile.setting.input = hostile.verdict = hostile.command = hostile_text();
  hostile.candidates[0].name = hostile_text();
  hostile.setting.classes = {hostile_text(), ""};
  return {{"full", full_profile()},
          {"unlabelled", full_profile({.labels = false})},
          {"computes", profile_that_does_not_pay()},
          {"bare", std::move(bare)},
          {"one-layer", full_profile({.layers = 1, .heads = 4})},
          {"large", full_profile({.layers = 24, .heads = 32, .map_size = 128})},
          {"hostile", std::move(hostile)},
          {"empty", empty_profile()}};
}

}  // namespace memo::test
