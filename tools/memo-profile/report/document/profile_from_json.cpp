#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "embed/json/json_text.h"
#include "tools/memo-profile/report/document/field_reader.h"
#include "tools/memo-profile/report/document/profile_check.h"
#include "tools/memo-profile/report/document/profile_json.h"

namespace memo {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

void read(const FieldReader& from, ProfileSetting& setting) {
  from.text("model", setting.model);
  from.text("fingerprint", setting.fingerprint);
  from.text("input", setting.input);
  from.text("machine", setting.machine);
  from.text("dtype", setting.dtype);
  from.integer("length", setting.length);
  from.integer("batch", setting.batch);
  from.integer("threads", setting.threads);
  from.integer("seed", setting.seed);
  from.integer("layers", setting.layers);
  from.integer("heads", setting.heads);
  from.integer("training_texts", setting.training_texts);
  from.integer("validation_texts", setting.validation_texts);
  from.integer("test_texts", setting.test_texts);
  if (from.has("embedder_texts")) from.integer("embedder_texts", setting.embedder_texts);
  if (from.has("judged_texts")) from.integer("judged_texts", setting.judged_texts);
  from.number("mean_tokens", setting.mean_tokens);
  from.texts("classes", setting.classes);
}

void read(const FieldReader& from, Budget& budget) {
  from.flag("labels", budget.labels);
  from.number("points", budget.points);
  from.number("cosine", budget.cosine);
}

void read(const FieldReader& from, Interval& interval) {
  from.number("mean", interval.mean);
  from.number("low", interval.low);
  from.number("high", interval.high);
}

void read_optional(const FieldReader& from, const char* key, std::optional<Interval>& interval) {
  if (from.has(key)) read(from.object(key), interval.emplace());
}

void read_optional(const FieldReader& from, const char* key, std::optional<double>& value) {
  if (from.has(key)) from.number(key, value.emplace());
}

void read(const FieldReader& from, TimePoint& time) {
  from.integer("length", time.length);
  from.integer("batch", time.batch);
  from.number("plain_us", time.plain_us);
  from.number("attention_us", time.attention_us);
  from.number("fixed_us", time.fixed_us);
}

void read(const FieldReader& from, HeadSimilarity& similarity) {
  from.integer("layer", similarity.layer);
  from.integer("head", similarity.head);
  from.number("fixed", similarity.fixed);
  from.number("nearest", similarity.nearest);
  from.number("blend", similarity.blend);
  from.number("random", similarity.random);
}

void read(const FieldReader& from, ThresholdPoint& point) {
  from.integer("layer", point.layer);
  from.number("max_distance", point.max_distance);
  from.number("hit_rate", point.hit_rate);
  from.number("similarity", point.similarity);
  from.number("saved_us", point.saved_us);
  from.number("cost_us", point.cost_us);
}

void read_mode(const FieldReader& from, HeadMode& mode) {
  std::string name;
  from.text("mode", name);
  for (const HeadMode known : {HeadMode::compute, HeadMode::lookup, HeadMode::fixed}) {
    if (name != to_string(known)) continue;
    mode = known;
    return;
  }
  from.fail("mode", "compute, lookup or fixed");
}

void read(const FieldReader& from, LayerPolicy& layer) {
  read_mode(from, layer.mode);
  from.number("max_distance", layer.max_distance);
  from.integer("neighbours", layer.neighbours);
  from.flag("publish", layer.publish);
  from.text("map", layer.map);
  from.integers("compute_heads", layer.compute_heads);
  from.integers("lookup_heads", layer.lookup_heads);
  from.integers("fixed_heads", layer.fixed_heads);
}

void read(const FieldReader& from, TestQuality& quality) {
  from.number("cosine", quality.cosine);
  from.number("cosine_p05", quality.cosine_p05);
  read_optional(from, "lost", quality.lost);
}

void read(const FieldReader& from, Candidate& candidate) {
  from.text("name", candidate.name);
  from.flag("calibrated", candidate.calibrated);
  from.number("saved", candidate.saved);
  from.number("cosine", candidate.cosine);
  from.number("cosine_p05", candidate.cosine_p05);
  read_optional(from, "lost", candidate.lost);
  from.flag("in_budget", candidate.in_budget);
  from.flag("chosen", candidate.chosen);
  if (from.has("test")) read(from.object("test"), candidate.test.emplace());
  from.objects("layers", candidate.layers, read);
}

void read(const FieldReader& from, TestResult& test) {
  from.integer("texts", test.texts);
  from.number("plain_us", test.plain_us);
  from.number("memoized_us", test.memoized_us);
  read(from.object("saved"), test.saved);
  from.number("cosine", test.cosine);
  from.number("cosine_p05", test.cosine_p05);
  read_optional(from, "plain_accuracy", test.plain_accuracy);
  read_optional(from, "memoized_accuracy", test.memoized_accuracy);
  read_optional(from, "lost", test.lost);
}

void read(const FieldReader& from, MapPicture& picture) {
  from.integer("size", picture.size);
  from.numbers("values", picture.values);
}

void read(const FieldReader& from, MatchExample& example) {
  from.integer("layer", example.layer);
  from.integer("head", example.head);
  from.number("distance", example.distance);
  from.number("similarity", example.similarity);
  from.text("text", example.text);
  from.text("matched", example.matched);
  read(from.object("computed"), example.computed);
  read(from.object("stored"), example.stored);
}

void check_format(const FieldReader& from) {
  std::string format;
  std::uint32_t version = 0;
  from.text("format", format);
  from.integer("version", version);
  if (format != "memo-profile") from.fail("format", "\"memo-profile\"");
  if (version != 1) from.fail("version", "1");
}

void read(const FieldReader& from, ProfileResult& result) {
  check_format(from);
  from.text("verdict", result.verdict);
  from.text("command", result.command);
  from.flag("pays", result.pays);
  read(from.object("setting"), result.setting);
  read(from.object("budget"), result.budget);
  from.objects("times", result.times, read);
  from.objects("similarities", result.similarities, read);
  from.objects("thresholds", result.thresholds, read);
  from.objects("candidates", result.candidates, read);
  read(from.object("test"), result.test);
  from.objects("examples", result.examples, read);
}

}  // namespace

Result<ProfileResult> profile_from_json(const nlohmann::json& json) {
  ProfileResult result;
  Status status;
  read(FieldReader(json, "", status), result);
  MEMO_RETURN_IF_ERROR(status);
  MEMO_RETURN_IF_ERROR(check_profile(result));
  return result;
}

Result<ProfileResult> read_profile(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const nlohmann::json json, read_json_file(path, kMaxFileBytes));
  Result<ProfileResult> result = profile_from_json(json);
  if (result) return result;
  return Status(result.status().code(), fmt::format("{}: {}", path, result.status().message()));
}

}  // namespace memo
