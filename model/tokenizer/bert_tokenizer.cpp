#include "model/tokenizer/bert_tokenizer.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {
namespace {

// Text that is normalized before the words in it are looked at: small, so that the rest of a long text is never
// touched, large enough to keep each loop tight.
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

BertTokenizer::BertTokenizer(BertTokenizerParts parts)
    : FramedTokenizer(std::move(parts.frame)),
      word_piece_(parts.vocabulary, parts.word_piece),
      normalizer_(parts.normalizer),
      raw_tokens_(parts.added.raw),
      normalized_tokens_(parts.added.normalized),
      vocabulary_size_(memo::vocabulary_size(parts.vocabulary, parts.added, frame())) {}

void BertTokenizer::append_text(std::string_view text, std::size_t limit, std::vector<std::int32_t>& ids) const {
  Output output(word_piece_, limit, ids);
  encode_raw(text, output);
  output.finish();
}

void BertTokenizer::encode_raw(std::string_view text, Output& output) const {
  split_at_tokens(
      text, raw_tokens_, [&](std::string_view stretch, bool) { encode_between(stretch, output); },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
}

// How much of a normalized text can be looked at before the rest is known: all of it where nothing is looked for but
// words, which arrive in parts; up to the last whitespace where tokens are, as none has whitespace in it.
// Requires: there is no whitespace before `from`, unless nothing but words is looked for.
std::size_t BertTokenizer::ready_part(std::string_view normalized, std::size_t from) const {
  if (normalized_tokens_.empty()) return normalized.size();
  std::size_t ready = 0;
  for (std::size_t position = from; position < normalized.size();)
    if (is_whitespace(next_code_point(normalized, position))) ready = position;
  return ready;
}

// `text` holds no raw token.
void BertTokenizer::encode_between(std::string_view text, Output& output) const {
  const std::size_t block =
      normalized_tokens_.hold_whitespace() ? std::numeric_limits<std::size_t>::max() : kBlockBytes;
  NormalizerStream stream(normalizer_);
  std::string normalized;
  std::size_t position = 0;
  while (position < text.size() && !output.full()) {
    const std::size_t held = normalized.size();
    const std::size_t stop = position + std::min(block, text.size() - position);
    while (position < stop) stream.push(next_code_point(text, position), normalized);
    if (position == text.size()) stream.finish(normalized);
    const std::size_t ready = position == text.size() ? normalized.size() : ready_part(normalized, held);
    encode_normalized(std::string_view(normalized).substr(0, ready), output);
    normalized.erase(0, ready);
  }
  if (!output.full()) output.end_word();
}

void BertTokenizer::encode_normalized(std::string_view text, Output& output) const {
  split_at_tokens(
      text, normalized_tokens_, [&](std::string_view stretch, bool) { output.add_text(stretch); },
      [&](std::int32_t id) { output.add_token(id); }, [&] { return output.full(); });
}

}  // namespace memo
