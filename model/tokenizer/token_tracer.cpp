#include "model/tokenizer/token_tracer.h"

#include <algorithm>
#include <string>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {
namespace {

// The character that byte-level tokens have for a space.
constexpr char32_t kVisibleSpace = 0x120;

std::optional<TextSpan> span_of(TracedView text, std::size_t begin, std::size_t end) {
  if (begin >= end || end > text.text.size()) return std::nullopt;
  const TextSpan span{text.origins[begin].begin, text.origins[end - 1].end};
  return span.begin <= span.end ? std::optional(span) : std::nullopt;
}

void count_spaces(std::string_view text, TracedToken& token) {
  bool only_spaces = true;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t c = next_code_point(text, position);
    const bool space = c == kVisibleSpace || is_whitespace(c);
    token.spaces_behind = space ? token.spaces_behind + 1 : 0;
    only_spaces = only_spaces && space;
    if (only_spaces) ++token.spaces_before;
  }
}

class Tracer {
 public:
  explicit Tracer(const TracedSteps& steps) : steps_(steps) {}

  std::vector<TracedToken> trace(TracedView text) {
    cut(text, steps_.raw_tokens, [&](TracedView part, bool first) { add_stretch(part, first); });
    return std::move(tokens_);
  }

 private:
  template <typename OnText>
  void cut(TracedView text, const AddedTokens& tokens, OnText on_text) {
    const auto view_of = [&](std::string_view part) {
      const auto begin = static_cast<std::size_t>(part.data() - text.text.data());
      return text.part(begin, begin + part.size());
    };
    TokenCuts cuts(text.text, tokens);
    while (!cuts.at_end()) {
      const TokenCuts::Step step = cuts.next();
      if (!step.text.empty()) on_text(view_of(step.text), step.begins_the_text);
      if (step.token) add_added(*step.token, view_of(step.token_text));
    }
  }

  // `stretch` holds no raw token.
  void add_stretch(TracedView stretch, bool begins_the_text) {
    NormalizedText normalized(stretch, begins_the_text);
    steps_.normalizer.apply(normalized);
    cut(normalized.view(), steps_.normalized_tokens, [&](TracedView part, bool first) {
      steps_.pre_tokenizer.split(word_of(part, first && normalized.at_start), [&](const Word& word) {
        add_word(word);
        return true;
      });
    });
  }

  void add_added(std::int32_t id, TracedView taken) {
    TracedToken token{id, span_of(taken, 0, taken.text.size())};
    count_spaces(taken.text, token);
    tokens_.push_back(token);
  }

  void add_word(const Word& word) {
    pieces_.clear();
    steps_.model.append(word.text, pieces_);
    for (const Piece& piece : pieces_) {
      TracedToken token{piece.id, span_of(word.view(), piece.begin, piece.end)};
      if (const auto entry = steps_.texts.find(piece.id)) count_spaces(entry->text, token);
      tokens_.push_back(token);
    }
  }

  const TracedSteps& steps_;
  std::vector<Piece> pieces_;  // of one word
  std::vector<TracedToken> tokens_;
};

}  // namespace

std::vector<TracedToken> trace_tokens(std::string_view text, const TracedSteps& steps) {
  const TracedText whole = traced(to_utf8(text));
  return Tracer(steps).trace(whole.view());
}

void trim_places(const PlaceTrim& trim, std::size_t frame_size, std::vector<TracedToken>& tokens) {
  const bool first_is_framed = trim.after_frame && frame_size > 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].place) continue;
    auto& [begin, end] = *tokens[i].place;
    const bool first = (i == 0 && !first_is_framed) || begin == 0;
    const bool kept = first && trim.keeps_first_space && tokens[i].spaces_before == 1;
    if (!kept) begin = std::min(begin + tokens[i].spaces_before, end);
    const std::size_t behind = tokens[i].spaces_behind;
    if (end >= behind) end = std::max(end - behind, begin);
  }
}

}  // namespace memo
