#include "model/checkpoint/config_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::pair<std::string_view, Activation> kActivations[] = {{"gelu", Activation::gelu_erf},
                                                                    {"gelu_new", Activation::gelu_tanh},
                                                                    {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                                    {"relu", Activation::relu},
                                                                    {"tanh", Activation::tanh}};

// Reads a whole number in [least, most]; false where it is something else.
bool read_whole(const Json& value, std::int64_t least, std::int64_t most, std::int64_t& whole) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) return false;
  whole = value.get<std::int64_t>();
  return whole >= least && whole <= most;
}

// null, false, 0, "", [] and {}
bool is_nothing(const Json& json) {
  return json.empty() || json == false || json == 0 || json == "";
}

// "p2c | C2P" -> {"p2c", "c2p"}
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == '|') {
      words.emplace_back();
    } else if (c != ' ') {
      words.back().push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
  }
  std::erase(words, "");
  return words;
}

}  // namespace

bool is_list_of_strings(const Json& json) {
  return json.is_array() && std::ranges::all_of(json, [](const Json& one) { return one.is_string(); });
}

ConfigReader::ConfigReader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
  if (!json_.is_object()) status_ = {StatusCode::corrupt, fmt::format("{}: is not a JSON object", path_)};
}

void ConfigReader::fail(StatusCode code, std::string_view field, const std::string& what) {
  if (status_) status_ = {code, fmt::format("{}: {} {}", path_, field, what)};
}

const Json* ConfigReader::find(const char* field) const {
  if (!status_) return nullptr;
  const auto found = json_.find(field);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

bool ConfigReader::has(const char* field) const {
  return find(field) != nullptr;
}

std::int64_t ConfigReader::size(const char* field, std::int64_t most) {
  if (status_ && !json_.contains(field)) fail(StatusCode::corrupt, field, "is missing");
  std::int64_t value = 1;
  if (!status_ || read_whole(json_[field], 1, most, value)) return value;
  fail(StatusCode::corrupt, field, fmt::format("is {}, must be 1 to {}", json_[field].dump(), most));
  return 1;
}

std::int64_t ConfigReader::number(const char* field, const Range& range) {
  const Json* found = find(field);
  std::int64_t value = range.fallback;
  if (found == nullptr || read_whole(*found, range.least, range.most, value)) return value;
  fail(StatusCode::corrupt, field, fmt::format("is {}, must be {} to {}", found->dump(), range.least, range.most));
  return range.fallback;
}

bool ConfigReader::flag(const char* field, bool fallback) {
  const Json* found = find(field);
  if (found == nullptr) return fallback && !(status_ && json_.contains(field));
  if (found->is_boolean()) return found->get<bool>();
  fail(StatusCode::corrupt, field, fmt::format("is {}, must be true or false", found->dump()));
  return fallback;
}

std::string ConfigReader::text(const char* field, std::string_view fallback) {
  const Json* found = find(field);
  if (found != nullptr && found->is_string()) return found->get<std::string>();
  if (found != nullptr) fail(StatusCode::corrupt, field, fmt::format("is {}, must be a string", found->dump()));
  return std::string(fallback);
}

std::vector<std::string> ConfigReader::words(const char* field) {
  const Json* found = find(field);
  if (found == nullptr) return {};
  if (found->is_string()) return split_words(found->get_ref<const std::string&>());
  if (is_list_of_strings(*found)) return found->get<std::vector<std::string>>();
  fail(StatusCode::corrupt, field, fmt::format("is {}, must be strings", found->dump()));
  return {};
}

double ConfigReader::epsilon(const char* field, double fallback) {
  if (!status_ || !json_.contains(field)) return fallback;
  const Json& found = json_[field];
  const double value = found.is_number() ? found.get<double>() : -1;
  if (value > 0 && value < 1) return value;
  fail(StatusCode::corrupt, field, fmt::format("is {}, must be in (0, 1)", found.dump()));
  return fallback;
}

Activation ConfigReader::activation(const char* field, std::string_view fallback) {
  refuse_null(field);
  const Json* found = find(field);
  const Json value = found == nullptr ? Json(fallback) : *found;
  for (const auto& [name, activation] : kActivations)
    if (value == name) return activation;
  fail(StatusCode::unsupported, field,
       fmt::format("is {}, known are gelu, gelu_new, gelu_pytorch_tanh, relu and tanh", value.dump()));
  return Activation::gelu_erf;
}

void ConfigReader::require(const char* field, const Json& only) {
  if (!status_ || !json_.contains(field) || json_[field] == only) return;
  if (json_[field].is_null() && is_nothing(only)) return;
  fail(StatusCode::unsupported, field,
       fmt::format("is {}, only {} is supported", json_[field].dump(), only.dump()));
}

void ConfigReader::refuse_null(const char* field) {
  if (status_ && json_.contains(field) && json_[field].is_null())
    fail(StatusCode::corrupt, field, "is null, must have a value");
}

}  // namespace memo
