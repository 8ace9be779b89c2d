#include "model/tuning/measure/shape_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "model/policy/codebook.h"
#include "model/tuning/result/median.h"

namespace memo {
namespace {

constexpr int kRounds = 7;

// The rows are uniform: a fixed map takes equally long with any content.
Status write_policy(const ModelConfig& config, std::uint32_t length, const std::string& folder) {
  Codebook codebook;
  codebook.add("map", uniform_map(config, length));
  Policy policy = Policy::defaults(length, config.layers);
  policy.codebook = folder + "/uniform.safetensors";
  MEMO_RETURN_IF_ERROR(codebook.save(policy.codebook));
  for (LayerPolicy& layer : policy.layers) layer = {HeadMode::fixed, 0, false, "map"};
  return policy.save(folder + "/uniform.toml");
}

Tokens repeated(const Tokens& source, std::uint32_t length) {
  Tokens tokens;
  while (tokens.size() < length) tokens.push_back(source[tokens.size() % source.size()]);
  return tokens;
}

TimePoint time_shape(TextModel& model, const Tokens& tokens, std::uint32_t batch) {
  const std::vector<TokenSequence> sequences(batch, tokens);
  Engine& engine = model.engine();
  const auto seconds = [&](AttentionSource* source) {
    const auto start = std::chrono::steady_clock::now();
    engine.forward(sequences, source);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::vector<double> plain, attention, fixed;
  for (int round = 0; round <= kRounds; ++round) {
    const double before = engine.attention_seconds();
    const double plain_s = seconds(nullptr);
    const double attention_s = (engine.attention_seconds() - before) / engine.threads();
    const double fixed_s = seconds(model.attention());
    if (round == 0) continue;  // warms up
    plain.push_back(plain_s);
    attention.push_back(attention_s);
    fixed.push_back(fixed_s);
  }
  const double scale = 1e6 / batch;
  return {static_cast<std::uint32_t>(tokens.size()), batch, scale * median(plain), scale * median(attention),
          scale * median(fixed)};
}

}  // namespace

Result<std::vector<TimePoint>> time_shapes(const LoadedModel& model, const ShapeOptions& options,
                                           const Tokens& source, MemoStore& store, const Advance& advance) {
  std::vector<TimePoint> points;
  const std::size_t all = options.lengths.size() * options.batches.size();
  for (const std::uint32_t length : options.lengths) {
    MEMO_RETURN_IF_ERROR(write_policy(model.checkpoint.config, length, options.folder));
    MEMO_ASSIGN_OR_RETURN(const auto memoized,
                          TextModel::memoized(model, options.folder + "/uniform.toml", options.engine, store));
    for (const std::uint32_t batch : options.batches) {
      points.push_back(time_shape(*memoized, repeated(source, length), batch));
      advance(points.size(), all);
    }
  }
  return points;
}

}  // namespace memo
