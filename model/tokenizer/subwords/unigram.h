// Unigram: splits a word into the pieces with the highest sum of scores.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tokenizer/subwords/subword_model.h"
#include "model/tokenizer/unicode/byte_trie.h"

namespace memo {

// A longer piece is refused: this bounds the time per character.
inline constexpr std::size_t kMaxUnigramPieceBytes = 1024;

struct UnigramParts {
  std::vector<std::pair<std::string, double>> pieces;  // the index is the id; finite scores
  std::int32_t unknown_id = 0;                         // of one of the pieces
  bool byte_fallback = false;  // unknown characters become pieces "<0x00>" to "<0xFF>" where there are such
};

// Takes O(n) for a word of n bytes, and 16 bytes of memory for each.
class UnigramModel : public SubwordModel {
 public:
  // Requires: pieces are UTF-8 of at most kMaxUnigramPieceBytes, unknown_id is one of them.
  explicit UnigramModel(const UnigramParts& parts);

  void append(std::string_view word, std::vector<std::int32_t>& ids) const override { append_to(word, ids); }
  void append(std::string_view word, std::vector<Piece>& pieces) const override { append_to(word, pieces); }

 private:
  // The best way to spell the word up to a byte: its score, and its last piece.
  struct Path;

  std::vector<Path> best_paths(std::string_view word) const;
  template <typename Pieces>
  void append_to(std::string_view word, Pieces& out) const;
  template <typename Pieces>
  void append_unknown(std::string_view word, std::size_t begin, std::size_t end, Pieces& out) const;

  ByteTrie trie_;
  std::vector<double> scores_;
  double unknown_score_ = 0;
  std::int32_t unknown_id_;
  bool byte_fallback_;
  std::array<std::int32_t, 256> byte_ids_{};  // -1 where there is no such piece
};

}  // namespace memo
