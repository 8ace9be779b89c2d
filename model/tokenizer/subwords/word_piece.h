// WordPiece: splits a word into the longest pieces of a vocabulary, from left to right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/tokenizer/subwords/subword_model.h"

namespace memo {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Vocabulary = std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>>;

struct WordPieceOptions {
  std::string continuing_prefix = "##";
  std::size_t max_characters = 100;  // a longer word is unknown
  std::int32_t unknown_id = 0;
};

// Threads: any, after construction.
class WordPiece {
 public:
  WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options);

  std::size_t max_characters() const { return max_characters_; }
  std::int32_t unknown_id() const { return unknown_id_; }

  // Appends the pieces of a word, or unknown_id where it has none.
  // Requires: word is UTF-8 of at most max_characters() characters.
  void append(std::string_view word, std::vector<std::int32_t>& ids) const { append_to(word, ids); }
  void append(std::string_view word, std::vector<Piece>& pieces) const { append_to(word, pieces); }

 private:
  template <typename Pieces>
  void append_to(std::string_view word, Pieces& out) const;

  // Pieces in one place of a word, and the longest of them.
  struct Place {
    Vocabulary ids;
    std::size_t longest = 0;  // bytes
    void insert(std::string piece, std::int32_t id);
    // The longest piece that `text` begins with; its id, and its bytes in `size`; -1 where there is none.
    std::int32_t longest_prefix(std::string_view text, std::size_t& size) const;
  };

  Place initial_;
  Place continuing_;  // without their prefix
  std::size_t max_characters_;
  std::int32_t unknown_id_;
};

// WordPiece behind other steps than BERT's own.
class WordPieceModel : public SubwordModel {
 public:
  WordPieceModel(const Vocabulary& vocabulary, const WordPieceOptions& options) : pieces_(vocabulary, options) {}
  const WordPiece& pieces() const { return pieces_; }
  void append(std::string_view word, std::vector<std::int32_t>& ids) const override { append_to(word, ids); }
  void append(std::string_view word, std::vector<Piece>& pieces) const override { append_to(word, pieces); }

 private:
  template <typename Pieces>
  void append_to(std::string_view word, Pieces& out) const;

  WordPiece pieces_;
};

}  // namespace memo
