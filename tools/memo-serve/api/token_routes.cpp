// Routes that need a model's tokenizer alone.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/memo-serve/api/model_route.h"

namespace memo {
namespace {

// A UTF-8 text by its characters.
class Characters {
 public:
  explicit Characters(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if ((text[i] & 0xC0) != 0x80) begins_.push_back(i);
    begins_.push_back(text.size());
  }
  // Those from `begin` to `end`.
  std::string part(std::size_t begin, std::size_t end) const {
    const std::size_t last = begins_.size() - 1;
    const std::size_t first = begins_[std::min(begin, last)];
    return std::string(text_.substr(first, begins_[std::clamp(end, std::min(begin, last), last)] - first));
  }

 private:
  const std::string_view text_;
  std::vector<std::size_t> begins_;  // bytes
};

nlohmann::ordered_json token_json(const PlacedToken& token, const Characters& text) {
  nlohmann::ordered_json json = {{"id", token.id}, {"text", token.text}, {"special", token.in_frame}};
  json["start"] = token.place ? nlohmann::ordered_json(token.place->begin) : nullptr;
  json["stop"] = token.place ? nlohmann::ordered_json(token.place->end) : nullptr;
  if (token.place) json["text"] = text.part(token.place->begin, token.place->end);
  return json;
}

std::variant<std::string, ApiError> write_tokens(const ServedModel& model, const TextRequest& request) {
  std::optional<std::string> own_prompt;
  if (auto error = model.find_prompt(request, own_prompt)) return *error;
  const LoadedModel& loaded = model.service->loaded();
  const std::string prompt = own_prompt.value_or(loaded.prompt());
  nlohmann::ordered_json texts = nlohmann::ordered_json::array();
  for (const std::string& text : request.texts) {
    const std::string prompted = prompt + text;
    const Characters characters(prompted);
    nlohmann::ordered_json tokens = nlohmann::ordered_json::array();
    for (const PlacedToken& token : loaded.tokenizer->tokens(prompted, request.add_special_tokens))
      tokens.push_back(token_json(token, characters));
    texts.push_back(std::move(tokens));
  }
  return texts.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::variant<std::string, ApiError> write_decoded(const ServedModel& model, const TextRequest& request) {
  nlohmann::json texts = nlohmann::json::array();
  for (const std::vector<std::int32_t>& ids : request.ids) {
    Result<std::string> text = model.service->loaded().tokenizer->decode(ids, request.skip_special_tokens);
    if (!text) return ApiError{Fault::validation, text.status().message(), "ids", 0};
    texts.push_back(std::move(*text));
  }
  return texts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const ModelRoute kTokenizeRoute{"/tokenize", read_tokenize, write_tokens};
const ModelRoute kDecodeRoute{"/decode", read_decode, write_decoded};

}  // namespace memo
