#include "model/tokenizer/bert_tokenizer.h"

#include <string>
#include <utility>

#include "embed/json/utf8.h"
#include "model/tokenizer/normalizing/normalizers.h"
#include "model/tokenizer/splitting/split.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {
namespace {

// How much text is searched for added tokens and normalized before its words are looked up: little, so that the rest
// of a long text is never touched, but enough to keep each loop tight.
constexpr std::size_t kBlockBytes = 1024;

}  // namespace

// Collects ids up to a limit. Words arrive in parts and are looked up when they end: at whitespace, at
// punctuation (a word of its own), at an added token, at the end of the text.
class BertTokenizer::Output {
 public:
  // `ids` may hold ids already, and ends with at most `limit`.
  Output(const WordPiece& word_piece, std::size_t limit, std::vector<std::int32_t>& ids)
      : word_piece_(word_piece), limit_(limit), ids_(ids) {}

  bool full() const { return ids_.size() >= limit_; }

  void add_token(std::int32_t id) {
    end_word();
    ids_.push_back(id);
  }

  // Requires: normalized is UTF-8, whole characters.
  void add_text(std::string_view normalized) {
    std::size_t position = 0;
    while (position < normalized.size() && !full()) {
      const std::size_t begin = position;
      const char32_t c = next_code_point(normalized, position);
      add_character(c, normalized.substr(begin, position - begin));
    }
  }

  void end_word() {
    if (characters_ > word_piece_.max_characters()) {
      ids_.push_back(word_piece_.unknown_id());
    } else {
      word_piece_.append(word_, ids_);
    }
    word_.clear();
    characters_ = 0;
  }

  // Drops what went over the limit.
  void finish() {
    if (!full()) end_word();
    if (full()) ids_.resize(limit_);
  }

 private:
  void add_character(char32_t c, std::string_view bytes) {
    if (is_whitespace(c)) {
      end_word();
    } else if (is_punctuation(c)) {
      end_word();
      add_to_word(bytes);
      end_word();
    } else {
      add_to_word(bytes);
    }
  }

  // Every word that is too long is unknown.
  void add_to_word(std::string_view bytes) {
    if (++characters_ <= word_piece_.max_characters()) word_.append(bytes);
  }

  const WordPiece& word_piece_;
  const std::size_t limit_;
  std::vector<std::int32_t>& ids_;
  std::string word_;
  std::size_t characters_ = 0;
};

// The text between two raw tokens, which arrives in parts.
class BertTokenizer::Stretch {
 public:
  Stretch(const BertTokenizer& tokenizer, Output& output)
      : tokenizer_(tokenizer), output_(output), stream_(tokenizer.normalizer_) {}

  // Requires: part holds whole characters.
  void add(std::string_view part) {
    const std::size_t held = normalized_.size();
    for (std::size_t position = 0; position < part.size();)
      stream_.push(next_code_point(part, position), normalized_);
    encode(tokenizer_.ready_part(normalized_, held));
  }

  // Ends this stretch; another may follow.
  void end() {
    stream_.finish(normalized_);
    encode(normalized_.size());
    if (!output_.full()) output_.end_word();
  }

 private:
  void encode(std::size_t ready) {
    tokenizer_.encode_normalized(std::string_view(normalized_).substr(0, ready), output_);
    normalized_.erase(0, ready);
  }

  const BertTokenizer& tokenizer_;
  Output& output_;
  NormalizerStream stream_;
  std::string normalized_;  // what is held until more is known
};

BertTokenizer::BertTokenizer(BertTokenizerParts parts)
    : FramedTokenizer(std::move(parts.frame)),
      word_piece_(parts.vocabulary, parts.word_piece),
      normalizer_(parts.normalizer),
      raw_tokens_(parts.added.raw),
      normalized_tokens_(parts.added.normalized),
      vocabulary_size_(memo::vocabulary_size(parts.vocabulary, parts.added, frame())) {}

void BertTokenizer::append_text(std::string_view text, std::size_t limit, std::vector<std::int32_t>& ids) const {
  Output output(word_piece_.pieces(), limit, ids);
  encode_raw(text, output);
  output.finish();
}

// In separate steps, as the file lists them.
std::vector<TracedToken> BertTokenizer::trace_text(std::string_view text) const {
  const BertTextNormalizer normalizer(normalizer_);
  const auto pre_tokenizer = bert_pre_tokenizer();
  return trace_tokens(text,
                      {raw_tokens_, normalizer, normalized_tokens_, *pre_tokenizer, word_piece_, token_texts()});
}

void BertTokenizer::encode_raw(std::string_view text, Output& output) const {
  Stretch stretch(*this, output);
  const auto add_token = [&](std::int32_t id) {
    stretch.end();
    output.add_token(id);
  };
  split_at_tokens(
      TokenCuts(text, raw_tokens_, kBlockBytes), [&](std::string_view part, bool) { stretch.add(part); },
      add_token, [&] { return output.full(); });
  stretch.end();
}

// How much of a stretch can be encoded before the rest is known. Without normalized tokens: all, as words may arrive
// in parts. With tokens that contain whitespace: nothing. Otherwise: up to the last whitespace, which no token spans.
// Requires: in the last case, there is no whitespace before `from`.
std::size_t BertTokenizer::ready_part(std::string_view normalized, std::size_t from) const {
  if (normalized_tokens_.empty()) return normalized.size();
  std::size_t ready = 0;
  if (normalized_tokens_.hold_whitespace()) return ready;
  for (std::size_t position = from; position < normalized.size();)
    if (is_whitespace(next_code_point(normalized, position))) ready = position;
  return ready;
}

void BertTokenizer::encode_normalized(std::string_view text, Output& output) const {
  split_at_tokens(
      TokenCuts(text, normalized_tokens_), [&](std::string_view stretch, bool) { output.add_text(stretch); },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
}

}  // namespace memo
