// Byte pair encoding: a word starts as single characters; then adjacent ones are merged, the best-ranked pair
// first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/tokenizer/subwords/subword_model.h"
#include "model/tokenizer/subwords/word_piece.h"

namespace memo {

struct BpeMerge {
  std::int32_t left = 0;
  std::int32_t right = 0;
  std::int32_t merged = 0;
};

// Places are counted as the package does: each piece begins where the one before it ends, also where characters
// vanish, where bytes overtake an unknown piece, and where a byte belongs to a prefix or suffix.
struct BpeOptions {
  std::optional<std::int32_t> unknown_id;  // for characters without a piece; without it they vanish
  bool fuse_unknown = false;               // neighbouring unknown characters are one
  bool ignore_merges = false;              // a word that is a piece is not taken apart
  bool byte_fallback =
      false;  // unknown characters become pieces "<0x00>" to "<0xFF>" where all of theirs are there
  std::string continuing_prefix;  // of characters that do not begin a word
  std::string end_suffix;         // of the last character of a word
};

// Takes O(n log n) for a word of any number n of characters.
class BpeModel : public SubwordModel {
 public:
  // Merges in order of rank; where a pair is repeated, its last rank counts.
  BpeModel(Vocabulary vocabulary, const std::vector<BpeMerge>& merges, const BpeOptions& options);

  void append(std::string_view word, std::vector<std::int32_t>& ids) const override;
  void append(std::string_view word, std::vector<Piece>& pieces) const override;

 private:
  struct Rule {
    std::uint32_t rank;
    std::int32_t merged;
  };
  class Word;

  class Characters;

  const Rule* rule(std::int32_t left, std::int32_t right) const;
  std::optional<std::int32_t> unmerged(std::string_view word) const;
  Word merged(std::string_view word, std::vector<std::size_t>* sizes) const;

  Vocabulary vocabulary_;
  std::unordered_map<std::uint64_t, Rule> rules_;  // by both ids of a pair
  BpeOptions options_;
  std::array<std::int32_t, 256> byte_ids_{};  // -1 where there is no such piece
};

}  // namespace memo
