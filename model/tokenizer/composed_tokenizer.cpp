#include "model/tokenizer/composed_tokenizer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "model/tokenizer/utf8.h"

namespace memo {
namespace {

// Hands the stretches between added tokens to on_text(stretch, begins_the_text), and the ids of the tokens to
// on_token, in order, until `full()`.
template <typename OnText, typename OnToken, typename Full>
void split_at_tokens(std::string_view text, const AddedTokens& tokens, OnText on_text, OnToken on_token,
                     Full full) {
  std::size_t position = 0;
  while (position < text.size() && !full()) {
    const auto match = tokens.find(text, position);
    const std::size_t end = match ? match->begin : text.size();
    if (end > position) on_text(text.substr(position, end - position), position == 0);
    if (!match) return;
    on_token(match->id);
    position = match->end;
  }
}

}  // namespace

// Ids up to a limit.
class ComposedTokenizer::Output {
 public:
  Output(const SubwordModel& model, std::size_t limit, std::vector<std::int32_t>& ids)
      : model_(model), limit_(limit), ids_(ids) {}

  bool full() const { return ids_.size() >= limit_; }
  void add_token(std::int32_t id) { ids_.push_back(id); }
  bool add_word(std::string_view word) {
    model_.append(word, ids_);
    return !full();
  }

 private:
  const SubwordModel& model_;
  const std::size_t limit_;
  std::vector<std::int32_t>& ids_;
};

ComposedTokenizer::ComposedTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {}

std::vector<std::int32_t> ComposedTokenizer::encode(std::string_view text, std::size_t max_length) const {
  assert(max_length >= 2);
  const auto& [before, after] = parts_.special_tokens;
  std::vector<std::int32_t> ids = before;
  const std::size_t limit = std::max(max_length, before.size() + after.size()) - after.size();
  Output output(*parts_.model, limit, ids);
  const std::string readable = to_utf8(text);
  split_at_tokens(
      readable, parts_.raw_tokens,
      [&](std::string_view stretch, bool first) { encode_stretch(stretch, first, output); },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
  if (ids.size() > limit) ids.resize(limit);
  ids.insert(ids.end(), after.begin(), after.end());
  if (ids.size() > max_length) ids.resize(max_length);
  if (ids.empty()) ids.push_back(parts_.end_of_text_id);
  return ids;
}

// `stretch` holds no raw token.
void ComposedTokenizer::encode_stretch(std::string_view stretch, bool begins_the_text, Output& output) const {
  NormalizedText normalized(stretch, begins_the_text);
  parts_.normalizer->apply(normalized);
  const auto add_word = [&](const Word& word) { return output.add_word(word.text); };
  split_at_tokens(
      normalized.text, parts_.normalized_tokens,
      [&](std::string_view part, bool first) {
        parts_.pre_tokenizer->split({part, first && normalized.at_start}, add_word);
      },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
}

}  // namespace memo
