#include <nlohmann/json.hpp>

#include "embed/files/output_file.h"
#include "embed/json/shortest.h"
#include "embed/json/utf8.h"
#include "tools/memo-profile/report/document/profile_json.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

template <typename Entry, typename Convert>
Json list(const std::vector<Entry>& entries, Convert convert) {
  Json json = Json::array();
  for (const Entry& entry : entries) json.push_back(convert(entry));
  return json;
}

Json setting_json(const ProfileSetting& setting) {
  return {{"model", to_utf8(setting.model)},
          {"fingerprint", to_utf8(setting.fingerprint)},
          {"input", to_utf8(setting.input)},
          {"machine", to_utf8(setting.machine)},
          {"dtype", to_utf8(setting.dtype)},
          {"length", setting.length},
          {"batch", setting.batch},
          {"threads", setting.threads},
          {"seed", setting.seed},
          {"layers", setting.layers},
          {"heads", setting.heads},
          {"training_texts", setting.training_texts},
          {"validation_texts", setting.validation_texts},
          {"test_texts", setting.test_texts},
          {"embedder_texts", setting.embedder_texts},
          {"judged_texts", setting.judged_texts},
          {"mean_tokens", setting.mean_tokens},
          {"classes", list(setting.classes, to_utf8)}};
}

Json interval_json(const Interval& interval) {
  return {{"mean", interval.mean}, {"low", interval.low}, {"high", interval.high}};
}

template <typename Value>
Json optional_json(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json optional_json(const std::optional<Interval>& interval) {
  return interval ? interval_json(*interval) : Json(nullptr);
}

Json time_json(const TimePoint& time) {
  return {{"length", time.length},
          {"batch", time.batch},
          {"plain_us", time.plain_us},
          {"attention_us", time.attention_us},
          {"fixed_us", time.fixed_us}};
}

Json similarity_json(const HeadSimilarity& similarity) {
  return {{"layer", similarity.layer},     {"head", similarity.head},   {"fixed", similarity.fixed},
          {"nearest", similarity.nearest}, {"blend", similarity.blend}, {"random", similarity.random}};
}

Json threshold_json(const ThresholdPoint& point) {
  return {{"layer", point.layer},       {"max_distance", shortest(point.max_distance)},
          {"hit_rate", point.hit_rate}, {"similarity", point.similarity},
          {"saved_us", point.saved_us}, {"cost_us", point.cost_us},
          {"net_us", point.net_us()}};
}

Json layer_json(const LayerPolicy& layer) {
  return {{"mode", to_string(layer.mode)},      {"max_distance", shortest(layer.max_distance)},
          {"neighbours", layer.neighbours},     {"publish", layer.publish},
          {"map", to_utf8(layer.map)},          {"compute_heads", layer.compute_heads},
          {"lookup_heads", layer.lookup_heads}, {"fixed_heads", layer.fixed_heads}};
}

Json quality_json(const std::optional<TestQuality>& quality) {
  if (!quality) return nullptr;
  return {
      {"cosine", quality->cosine}, {"cosine_p05", quality->cosine_p05}, {"lost", optional_json(quality->lost)}};
}

Json candidate_json(const Candidate& candidate) {
  return {{"name", to_utf8(candidate.name)},
          {"calibrated", candidate.calibrated},
          {"saved", candidate.saved},
          {"cosine", candidate.cosine},
          {"cosine_p05", candidate.cosine_p05},
          {"lost", optional_json(candidate.lost)},
          {"in_budget", candidate.in_budget},
          {"chosen", candidate.chosen},
          {"test", quality_json(candidate.test)},
          {"layers", list(candidate.layers, layer_json)}};
}

Json test_json(const TestResult& test) {
  return {{"texts", test.texts},
          {"plain_us", test.plain_us},
          {"memoized_us", test.memoized_us},
          {"saved", interval_json(test.saved)},
          {"cosine", test.cosine},
          {"cosine_p05", test.cosine_p05},
          {"plain_accuracy", optional_json(test.plain_accuracy)},
          {"memoized_accuracy", optional_json(test.memoized_accuracy)},
          {"lost", optional_json(test.lost)}};
}

// Four decimals are more than a pixel shows.
Json picture_json(const MapPicture& picture) {
  return {{"size", picture.size},
          {"values", list(picture.values, [](float value) { return std::round(value * 1e4) / 1e4; })}};
}

Json example_json(const MatchExample& example) {
  return {{"layer", example.layer},
          {"head", example.head},
          {"distance", shortest(example.distance)},
          {"similarity", example.similarity},
          {"text", to_utf8(example.text)},
          {"matched", to_utf8(example.matched)},
          {"computed", picture_json(example.computed)},
          {"stored", picture_json(example.stored)}};
}

}  // namespace

Json to_json(const ProfileResult& result) {
  const Budget& budget = result.budget;
  return {{"format", "memo-profile"},
          {"version", 1},
          {"verdict", to_utf8(result.verdict)},
          {"command", to_utf8(result.command)},
          {"pays", result.pays},
          {"setting", setting_json(result.setting)},
          {"budget", {{"labels", budget.labels}, {"points", budget.points}, {"cosine", budget.cosine}}},
          {"times", list(result.times, time_json)},
          {"similarities", list(result.similarities, similarity_json)},
          {"thresholds", list(result.thresholds, threshold_json)},
          {"candidates", list(result.candidates, candidate_json)},
          {"test", test_json(result.test)},
          {"examples", list(result.examples, example_json)}};
}

Status write_profile(const ProfileResult& result, const std::string& path) {
  return write_file(path, to_json(result).dump() + "\n");
}

}  // namespace memo
