// FramedTokenizer: what all tokenizers do with the ids of a text: cut them, and put special tokens around them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tokenizer/subwords/added_tokens.h"
#include "model/tokenizer/subwords/special_tokens.h"
#include "model/tokenizer/subwords/word_piece.h"
#include "model/tokenizer/token_tracer.h"
#include "model/tokenizer/tokenizer.h"

namespace memo {

struct Frame {
  SpecialTokens special_tokens;
  bool truncate_left = false;  // the beginning of a text is cut, not its end
  bool has_types = true;       // else the model gets no token types: all are 0
  std::int32_t pad_id = 0;
  std::int32_t end_of_text_id = 0;  // stands for a text without any ids
};

// Larger than every id of pieces, added tokens and frame.
std::int32_t vocabulary_size(const Vocabulary& pieces, const AddedTokenLists& added, const Frame& frame);

class FramedTokenizer : public Tokenizer {
 public:
  using Tokenizer::encode;
  using Tokenizer::encode_pair;
  std::vector<std::int32_t> encode(std::string_view text, const EncodeOptions& options) const override;
  PairEncoding encode_pair(std::string_view first, std::string_view second,
                           const EncodeOptions& options) const override;
  std::vector<PlacedToken> tokens(std::string_view text, bool special_tokens) const override;
  bool takes_pairs() const override { return !frame_.special_tokens.pair.empty(); }
  std::int32_t pad_id() const override { return frame_.pad_id; }

 protected:
  explicit FramedTokenizer(Frame frame) : frame_(std::move(frame)) {}
  const Frame& frame() const { return frame_; }

  // Appends the ids of a text, without special tokens around it, until there are `limit` in all.
  // `ids` may hold some already, at most `limit`.
  virtual void append_text(std::string_view text, std::size_t limit, std::vector<std::int32_t>& ids) const = 0;
  // The same ids without a limit, with their places before any is trimmed.
  virtual std::vector<TracedToken> trace_text(std::string_view text) const = 0;

 private:
  using Texts = std::array<std::vector<std::int32_t>, 2>;
  void append_frame(const std::vector<std::int32_t>& ids, std::vector<PlacedToken>& tokens) const;
  const SpecialTokens& tokens_around(bool wanted) const;
  bool cuts_left(const EncodeOptions& options) const;
  Texts texts_for(std::string_view first, std::string_view second, std::size_t room, bool left) const;

  Frame frame_;
};

}  // namespace memo
