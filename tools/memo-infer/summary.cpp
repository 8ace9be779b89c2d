#include "tools/memo-infer/summary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

Json latency_json(const std::vector<double>& latencies_s) {
  std::vector<double> ms;
  ms.reserve(latencies_s.size());
  for (const double latency : latencies_s) ms.push_back(1e3 * latency);
  const double sum = std::accumulate(ms.begin(), ms.end(), 0.0);
  return {{"p50", percentile(ms, 0.5)},
          {"p99", percentile(ms, 0.99)},
          {"mean", ratio(sum, static_cast<double>(ms.size()))},
          {"max", percentile(ms, 1)}};
}

Json parts_json(const TextModelFigures& model, double threads) {
  const PartSeconds& parts = model.parts;
  return {{"tokenize", model.tokenize_s},
          {"ask", threads * model.outputs_s.ask},
          {"keep", threads * model.outputs_s.publish},
          {"embed", parts.embed},
          {"search", parts.search},
          {"read", parts.read},
          {"compute", parts.compute},
          {"publish", parts.publish},
          {"rest", model.forward_s - parts.sum() - threads * model.outputs_s.sum()}};
}

Json outputs_json(const OutputCounters& counters) {
  Json json;
  for (const auto& [name, count] : kOutputCounters) json[name] = counters.*count;
  return json;
}

// A phrase for each count above 0.
std::string outputs_text(const Json& outputs) {
  static constexpr std::pair<const char*, const char*> kCounts[] = {
      {"repeated", "equal to another of their batch"},
      {"computed", "computed"},
      {"published", "published"},
      {"gated", "not looked up as that does not pay"},
      {"late", "given up as the answer took too long"},
      {"errors", "with an answer that could not be used"},
      {"not_admitted", "kept back as nobody is likely to ask for them"},
      {"not_exact", "kept back as stored maps had a part in them"},
      {"dropped", "the store did not take"}};
  std::string text = fmt::format("whole results: {} lookups, {} hits", outputs["lookups"].get<std::uint64_t>(),
                                 outputs["hits"].get<std::uint64_t>());
  for (const auto& [field, words] : kCounts)
    if (const auto count = outputs[field].get<std::uint64_t>(); count > 0)
      text += fmt::format(", {} {}", count, words);
  return text + "\n";
}

Json layer_json(std::size_t index, HeadMode mode, const LayerCounters& counters) {
  return {{"layer", index},
          {"mode", to_string(mode)},
          {"lookups", counters.lookups},
          {"hits", counters.exact_hits + counters.similar_hits},
          {"exact_hits", counters.exact_hits},
          {"similar_hits", counters.similar_hits},
          {"blended", counters.blended},
          {"published", counters.published},
          {"dropped", counters.dropped},
          {"revoked", counters.revoked},
          {"computed", counters.computed},
          {"fixed", counters.fixed},
          {"errors", counters.errors},
          {"gated", counters.gated},
          {"probes", counters.probes},
          {"over_deadline", counters.over_deadline},
          {"not_admitted", counters.not_admitted}};
}

// A plain run reports its layers too: all computed.
Json layers_json(const Policy* policy, const LoadedModel& model, const RunFigures& figures) {
  Json layers = Json::array();
  for (std::size_t i = 0; i < model.checkpoint.layers.size(); ++i) {
    LayerCounters plain;
    plain.computed = figures.inputs;
    layers.push_back(policy == nullptr ? layer_json(i, HeadMode::compute, plain)
                                       : layer_json(i, policy->layers[i].mode, figures.model.layers[i]));
  }
  return layers;
}

// A phrase for each kind of work that online selection left out; empty if there is none.
std::string left_out_text(const Json& layer) {
  static constexpr std::pair<const char*, const char*> kCounts[] = {
      {"gated", "lookups left out as they do not pay"},
      {"probes", "lookups made to see whether they pay again"},
      {"over_deadline", "lookups given up as the batch had waited its time"},
      {"not_admitted", "maps kept back as nobody is likely to ask for them"}};
  std::string text;
  for (const auto& [field, words] : kCounts)
    if (const auto count = layer[field].get<std::uint64_t>(); count > 0)
      text += fmt::format("; {} {}", count, words);
  return text;
}

double hit_rate(const std::vector<LayerCounters>& layers) {
  LayerCounters sum;
  for (const LayerCounters& layer : layers) sum += layer;
  return ratio(static_cast<double>(sum.exact_hits + sum.similar_hits), static_cast<double>(sum.lookups));
}

std::uint64_t errors(const std::vector<LayerCounters>& layers) {
  std::uint64_t sum = 0;
  for (const LayerCounters& layer : layers) sum += layer.errors;
  return sum;
}

bool reads_maps(const Json& layers) {
  return std::ranges::any_of(layers, [](const Json& layer) { return layer["mode"] != "compute"; });
}

Json model_json(const InferOptions& options, const LoadedModel& model) {
  const Checkpoint& checkpoint = model.checkpoint;
  return {{"path", options.model},
          {"fingerprint", checkpoint.published_fingerprint().hex()},
          {"calibrated", checkpoint.calibrated_from.has_value()},
          {"layers", checkpoint.config.layers},
          {"hidden", checkpoint.config.hidden},
          {"heads", checkpoint.config.heads},
          {"embedding_size", checkpoint.embedding_size()},
          {"prompt", model.prompt()},
          {"similarity", model.sentence.similarity}};
}

std::string plain_description(const Engine& engine) {
  const char* products = has_integer_products(engine.type()) ? "products of its own" : "oneDNN";
  return fmt::format(
      "the same engine without memos: {} in {} with packed weights, {} attention kernels, no padding, {} thread{}",
      products, name_of(engine.type()), engine.kernels(), engine.threads(), engine.threads() == 1 ? "" : "s");
}

}  // namespace

double percentile(std::vector<double> values, double fraction) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(fraction * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Json summary_json(const InferOptions& options, TextModel& model, const RunFigures& figures) {
  const TextModelFigures& run = figures.model;
  const Engine& engine = model.engine();
  const Policy* policy = model.plan() == nullptr ? nullptr : &model.plan()->policy();
  return {{"model", model_json(options, model.loaded())},
          {"length", model.length()},
          {"batch", options.batch},
          {"threads", options.threads},
          {"dtype", name_of(engine.type())},
          {"kernel", engine.kernels()},
          {"plain_is", plain_description(engine)},
          {"memo",
           {{"endpoint", options.memo},
            {"policy", options.policy},
            {"kinds", policy == nullptr ? "none" : to_string(policy->kinds)}}},
          {"inputs", figures.inputs},
          {"batches", figures.latencies_s.size()},
          {"warmup_batches", figures.warmup_batches},
          {"tokens", run.tokens},
          {"wall_s", figures.wall_s},
          {"cpu_s", figures.cpu_s},
          {"tokens_per_s", ratio(static_cast<double>(run.tokens), figures.wall_s)},
          {"latency_ms", latency_json(figures.latencies_s)},
          {"page_faults",
           {{"p50", percentile(figures.page_faults, 0.5)}, {"p99", percentile(figures.page_faults, 0.99)}}},
          {"parts_s", parts_json(run, engine.threads())},
          {"outputs", outputs_json(run.outputs)},
          {"layers", layers_json(policy, model.loaded(), figures)},
          {"hit_rate", hit_rate(run.layers)},
          {"publishes",
           {{"acknowledged", figures.publishes.acknowledged},
            {"duplicates", figures.publishes.duplicates},
            {"refused", figures.publishes.refused},
            {"dropped", figures.publishes.dropped}}},
          {"store",
           {{"endpoint", options.memo},
            {"available", figures.store_available},
            {"errors", errors(run.layers) + run.outputs.errors},
            {"flush_s", figures.flush_s}}}};
}

std::string summary_text(const Json& summary) {
  const Json& latency = summary["latency_ms"];
  const Json& parts = summary["parts_s"];
  const auto number = [](const Json& json) { return json.get<double>(); };
  std::string text = fmt::format(
      "{} texts in {:.2f} s, {:.0f} tokens/s; batch latency p50 {:.2f} ms, p99 {:.2f} ms\n"
      "seconds: tokenize {:.2f}, ask {:.2f}, keep {:.2f}, embed {:.2f}, search {:.2f}, read {:.2f}, compute "
      "{:.2f}, publish {:.2f}, rest "
      "{:.2f}\n",
      summary["inputs"].get<std::uint64_t>(), number(summary["wall_s"]), number(summary["tokens_per_s"]),
      number(latency["p50"]), number(latency["p99"]), number(parts["tokenize"]), number(parts["ask"]),
      number(parts["keep"]), number(parts["embed"]), number(parts["search"]), number(parts["read"]),
      number(parts["compute"]), number(parts["publish"]), number(parts["rest"]));
  if (summary["memo"]["endpoint"] == "none") return text;
  if (summary["model"]["calibrated"].get<bool>()) text += "the model is calibrated for this policy\n";
  const auto kinds = summary["memo"]["kinds"].get<std::string>();
  if (kinds.starts_with("output")) text += outputs_text(summary["outputs"]);
  if (kinds == "output" && !reads_maps(summary["layers"])) return text;
  for (const Json& layer : summary["layers"]) {
    text += fmt::format("layer {}: {}, {} lookups, {} exact and {} similar hits, {} published",
                        layer["layer"].get<int>(), layer["mode"].get<std::string>(),
                        layer["lookups"].get<std::uint64_t>(), layer["exact_hits"].get<std::uint64_t>(),
                        layer["similar_hits"].get<std::uint64_t>(), layer["published"].get<std::uint64_t>());
    text += left_out_text(layer) + "\n";
  }
  return text;
}

}  // namespace memo
