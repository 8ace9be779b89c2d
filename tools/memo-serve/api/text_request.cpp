#include "tools/memo-serve/api/text_request.h"

#include <limits>

#include "embed/json/json_text.h"
#include "tools/memo-serve/api/request_reader.h"

namespace memo {
namespace {

// A text or a list of texts.
void read_texts(RequestReader& reader, const std::string& field, std::size_t most, TextRequest& request) {
  reader.require(field);
  if (!reader.has(field)) return;
  if (reader.at(field).is_array()) return reader.texts(field, most, request.texts);
  request.single = true;
  reader.add_text(field, reader.at(field), 0, request.texts);
}

// What all routes of Text Embeddings Inference take that cut texts.
void read_cut(RequestReader& reader, TextRequest& request) {
  reader.text("model", request.model);
  reader.flag("truncate", request.truncate);
  if (const auto side = reader.choice("truncation_direction", {"right", "left", "Right", "Left"}))
    request.side = *side % 2 == 1 ? TruncationSide::left : TruncationSide::right;
}

// The ids of a text.
void add_ids(RequestReader& reader, const nlohmann::json& value, TextRequest& request) {
  request.ids.emplace_back();
  for (const nlohmann::json& id : value) {
    if (!id.is_number_unsigned() ||
        id.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int32_t>::max()})
      return reader.fail("ids", "`ids` has " + reader.excerpt_of(id) + ", must be token ids, or lists of these");
    request.ids.back().push_back(id.get<std::int32_t>());
  }
}

// [1, 2] is one text; [[1, 2], [3]] are two.
void read_ids(RequestReader& reader, const nlohmann::json& value, std::size_t most, TextRequest& request) {
  if (!value.is_array()) return reader.fail("ids", "`ids` must be a list of token ids, or a list of such lists");
  if (value.empty() || !value[0].is_array()) return add_ids(reader, value, request);
  reader.check_count("ids", value.size(), most);
  for (std::size_t i = 0; i < value.size() && !reader.fault(); ++i) {
    if (!value[i].is_array()) return reader.fail("ids", "`ids` has lists and other things");
    add_ids(reader, value[i], request);
  }
}

// ["a"], or ["a", "b"] for a pair.
void add_sequence(RequestReader& reader, const nlohmann::json& value, std::size_t index, TextRequest& request) {
  if (!value.is_array() || value.empty() || value.size() > 2)
    return reader.fail("inputs",
                       "`inputs` must be a string, a pair of strings [string, string], or a batch of strings and "
                       "pairs [[string], [string, string], ...]");
  reader.add_text("inputs", value[0], index, request.texts);
  request.paired.push_back(value.size() == 2);
  if (value.size() == 2)
    reader.add_text("inputs", value[1], index, request.pairs);
  else
    request.pairs.emplace_back();
}

// "a", ["a"] and ["a", "b"] are one input; [["a"], ["b", "c"]] are two.
void read_sequences(RequestReader& reader, std::size_t most, TextRequest& request) {
  reader.require("inputs");
  if (!reader.has("inputs")) return;
  const nlohmann::json& inputs = reader.at("inputs");
  request.single = !inputs.is_array() || inputs.empty() || !inputs[0].is_array();
  if (!request.single) {
    reader.check_count("inputs", inputs.size(), most);
    for (std::size_t i = 0; i < inputs.size() && !reader.fault(); ++i) add_sequence(reader, inputs[i], i, request);
  } else if (inputs.is_array()) {
    add_sequence(reader, inputs, 0, request);
  } else {
    reader.add_text("inputs", inputs, 0, request.texts);
    request.paired.push_back(false);
    request.pairs.emplace_back();
  }
}

}  // namespace

std::vector<TextInput> TextRequest::inputs() const {
  std::vector<TextInput> inputs;
  inputs.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    inputs.push_back({texts[i]});
    if (!pairs.empty() && (paired.empty() || paired[i])) inputs.back().pair = pairs[i];
  }
  return inputs;
}

std::optional<ApiError> read_embed(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(
      body, limits.max_depth,
      {"inputs", "truncate", "truncation_direction", "prompt_name", "normalize", "dimensions", "model"});
  read_texts(reader, "inputs", limits.max_inputs, request);
  read_cut(reader, request);
  reader.text("prompt_name", request.prompt_name);
  reader.flag("normalize", request.normalize);
  reader.whole_number("dimensions", 1, request.dimensions);
  return reader.fault();
}

// `normalize` says nothing here, but clients send it.
std::optional<ApiError> read_embed_all(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(body, limits.max_depth,
                       {"inputs", "truncate", "truncation_direction", "prompt_name", "normalize", "model"});
  read_texts(reader, "inputs", limits.max_inputs, request);
  read_cut(reader, request);
  reader.text("prompt_name", request.prompt_name);
  reader.flag("normalize", request.normalize);
  request.states = true;
  return reader.fault();
}

std::optional<ApiError> read_predict(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(body, limits.max_depth,
                       {"inputs", "truncate", "truncation_direction", "raw_scores", "model"});
  read_sequences(reader, limits.max_inputs, request);
  read_cut(reader, request);
  reader.flag("raw_scores", request.raw_scores);
  return reader.fault();
}

std::optional<ApiError> read_rerank(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(
      body, limits.max_depth,
      {"query", "texts", "truncate", "truncation_direction", "raw_scores", "return_text", "model"});
  std::string query;
  reader.required_text("query", query);
  reader.texts("texts", limits.max_inputs, request.pairs);
  request.texts.assign(request.pairs.size(), query);
  read_cut(reader, request);
  reader.flag("raw_scores", request.raw_scores);
  reader.flag("return_text", request.return_text);
  return reader.fault();
}

std::optional<ApiError> read_similarity(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(body, limits.max_depth, {"inputs", "parameters", "model"});
  reader.require("inputs");
  reader.text("model", request.model);
  RequestReader inputs(reader, "inputs", {"source_sentence", "sentences"});
  RequestReader parameters(reader, "parameters", {"truncate", "truncation_direction", "prompt_name", "model"});
  if (reader.fault()) return reader.fault();
  std::string source;
  inputs.required_text("source_sentence", source);
  request.texts.push_back(std::move(source));
  inputs.texts("sentences", limits.max_inputs, request.texts);
  read_cut(parameters, request);
  parameters.text("prompt_name", request.prompt_name);
  return inputs.fault() ? inputs.fault() : parameters.fault();
}

std::optional<ApiError> read_tokenize(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(body, limits.max_depth, {"inputs", "add_special_tokens", "prompt_name", "model"});
  read_texts(reader, "inputs", limits.max_inputs, request);
  reader.text("model", request.model);
  reader.flag("add_special_tokens", request.add_special_tokens);
  reader.text("prompt_name", request.prompt_name);
  return reader.fault();
}

std::optional<ApiError> read_decode(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(body, limits.max_depth, {"ids", "skip_special_tokens", "model"});
  reader.require("ids");
  if (reader.has("ids")) read_ids(reader, reader.at("ids"), limits.max_inputs, request);
  reader.text("model", request.model);
  reader.flag("skip_special_tokens", request.skip_special_tokens);
  return reader.fault();
}

std::optional<ApiError> read_near_maps(std::string_view body, const RequestLimits& limits, TextRequest& request) {
  RequestReader reader(
      body, limits.max_depth,
      {"inputs", "truncate", "truncation_direction", "prompt_name", "layer", "neighbours", "model"});
  reader.required_text("inputs", request.texts.emplace_back());
  read_cut(reader, request);
  reader.text("prompt_name", request.prompt_name);
  reader.whole_number("layer", 0, request.layer);
  reader.whole_number("neighbours", 1, request.neighbours);
  return reader.fault();
}

bool asks_for_similarity(std::string_view body, const RequestLimits& limits) {
  if (body.find("\"source_sentence\"") == std::string_view::npos) return false;
  const Result<nlohmann::json> json = parse_json(body, limits.max_depth, "the body");
  return json && json->is_object() && json->contains("inputs") && (*json)["inputs"].is_object();
}

std::optional<ApiError> read_openai_embeddings(std::string_view body, const RequestLimits& limits,
                                               TextRequest& request) {
  RequestReader reader(body, limits.max_depth, {"input", "model", "encoding_format", "dimensions", "user"});
  read_texts(reader, "input", limits.max_inputs, request);
  reader.text("model", request.model);
  request.base64 = reader.choice("encoding_format", {"float", "base64"}) == 1;
  reader.whole_number("dimensions", 1, request.dimensions);
  std::optional<std::string> user;
  reader.text("user", user);
  return reader.fault();
}

}  // namespace memo
