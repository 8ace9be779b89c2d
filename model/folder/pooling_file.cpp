#include "model/folder/pooling_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include "model/checkpoint/config_file.h"
#include "model/folder/json_object.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxModes = 16;

struct Mode {
  std::string_view word;
  const char* flag;
  Pooling pooling;
};

// In the order in which flags are concatenated.
constexpr Mode kModes[] = {
    {"cls", "pooling_mode_cls_token", Pooling::cls},
    {"max", "pooling_mode_max_tokens", Pooling::max},
    {"mean", "pooling_mode_mean_tokens", Pooling::mean},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt_length},
    {"weightedmean", "pooling_mode_weightedmean_tokens", Pooling::weighted_mean},
    {"lasttoken", "pooling_mode_lasttoken", Pooling::last}};

std::string known_words() {
  std::vector<std::string_view> words;
  for (const Mode& mode : kModes) words.push_back(mode.word);
  return fmt::format("{}", fmt::join(words, ", "));
}

void add_word(ConfigReader& json, const Json& word, std::vector<Pooling>& modes) {
  const auto* found = std::ranges::find_if(kModes, [&](const Mode& mode) { return word == mode.word; });
  if (found == std::end(kModes))
    return json.fail(StatusCode::unsupported, "pooling_mode",
                     fmt::format("is {}, known are {}", word.dump(), known_words()));
  modes.push_back(found->pooling);
}

void read_words(ConfigReader& json, std::vector<Pooling>& modes) {
  const Json& words = json.json()["pooling_mode"];
  if (!words.is_array()) return add_word(json, words, modes);
  if (words.empty() || words.size() > kMaxModes)
    return json.fail(StatusCode::corrupt, "pooling_mode", fmt::format("must have 1 to {} words", kMaxModes));
  for (const Json& word : words) add_word(json, word, modes);
}

// Where no flag is set the library takes the mean.
void read_flags(ConfigReader& json, std::vector<Pooling>& modes) {
  for (const Mode& mode : kModes)
    if (json.flag(mode.flag, false)) modes.push_back(mode.pooling);
  if (modes.empty()) modes.push_back(Pooling::mean);
}

// The size of a token's state, under its older or its newer name.
void check_size(ConfigReader& json, std::int64_t hidden) {
  if (!json.has("word_embedding_dimension") && !json.has("embedding_dimension"))
    json.fail(StatusCode::corrupt, "embedding_dimension", fmt::format("is missing, must be {}", hidden));
  for (const char* field : {"word_embedding_dimension", "embedding_dimension"})
    if (json.has(field) && json.json()[field] != hidden)
      json.fail(StatusCode::corrupt, field,
                fmt::format("is {}, the model's states have {} numbers", json.json()[field].dump(), hidden));
}

}  // namespace

Result<PoolingSettings> read_pooling_file(const std::string& folder, std::int64_t hidden) {
  MEMO_ASSIGN_OR_RETURN(auto file, read_config_file(folder));
  ConfigReader json(file, config_path(folder));
  PoolingSettings settings;
  if (!json.status()) return json.status();
  allow_only(json,
             {"word_embedding_dimension", "embedding_dimension", "pooling_mode", "include_prompt",
              "pooling_mode_cls_token", "pooling_mode_max_tokens", "pooling_mode_mean_tokens",
              "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"});
  check_size(json, hidden);
  if (json.json().contains("pooling_mode"))
    read_words(json, settings.modes);
  else
    read_flags(json, settings.modes);
  settings.include_prompt = json.flag("include_prompt", true);
  if (!json.status()) return json.status();
  return settings;
}

}  // namespace memo
