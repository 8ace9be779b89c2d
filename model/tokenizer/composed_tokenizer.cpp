#include "model/tokenizer/composed_tokenizer.h"

#include <utility>

#include "embed/json/utf8.h"

namespace memo {

// Collects ids up to a limit.
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

ComposedTokenizer::ComposedTokenizer(TokenizerParts parts)
    : FramedTokenizer(std::move(parts.frame)), parts_(std::move(parts)) {}

void ComposedTokenizer::append_text(std::string_view text, std::size_t limit,
                                    std::vector<std::int32_t>& ids) const {
  Output output(*parts_.model, limit, ids);
  const std::string readable = to_utf8(text);
  split_at_tokens(
      TokenCuts(readable, parts_.raw_tokens),
      [&](std::string_view stretch, bool first) { encode_stretch(stretch, first, output); },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
  if (ids.size() > limit) ids.resize(limit);
}

// `stretch` holds no raw token.
void ComposedTokenizer::encode_stretch(std::string_view stretch, bool begins_the_text, Output& output) const {
  NormalizedText normalized(stretch, begins_the_text);
  parts_.normalizer->apply(normalized);
  const auto add_word = [&](const Word& word) { return output.add_word(word.text); };
  split_at_tokens(
      TokenCuts(normalized.text, parts_.normalized_tokens),
      [&](std::string_view part, bool first) {
        parts_.pre_tokenizer->split({part, first && normalized.at_start}, add_word);
      },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
}

std::vector<TracedToken> ComposedTokenizer::trace_text(std::string_view text) const {
  return trace_tokens(text, {parts_.raw_tokens, *parts_.normalizer, parts_.normalized_tokens,
                             *parts_.pre_tokenizer, *parts_.model, token_texts()});
}

}  // namespace memo
