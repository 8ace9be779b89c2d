#include "model/tokenizer/subwords/special_tokens.h"

namespace memo {

using Kind = PairPiece::Kind;

std::size_t SpecialTokens::pair_tokens() const {
  std::size_t count = 0;
  for (const PairPiece& piece : pair) count += piece.ids.size();
  return count;
}

SpecialTokens bert_tokens(std::int32_t cls, std::int32_t sep) {
  return {{cls},
          {sep},
          {{Kind::tokens, {cls}, 0},
           {Kind::first, {}, 0},
           {Kind::tokens, {sep}, 0},
           {Kind::second, {}, 1},
           {Kind::tokens, {sep}, 1}}};
}

SpecialTokens roberta_tokens(std::int32_t cls, std::int32_t sep) {
  return {{cls},
          {sep},
          {{Kind::tokens, {cls}, 0},
           {Kind::first, {}, 0},
           {Kind::tokens, {sep, sep}, 0},
           {Kind::second, {}, 0},
           {Kind::tokens, {sep}, 0}}};
}

}  // namespace memo
