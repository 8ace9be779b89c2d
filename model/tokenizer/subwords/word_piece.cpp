#include "model/tokenizer/subwords/word_piece.h"

#include <algorithm>
#include <utility>

#include "embed/json/utf8.h"

namespace memo {

void WordPiece::Pieces::insert(std::string piece, std::int32_t id) {
  longest = std::max(longest, piece.size());
  ids.emplace(std::move(piece), id);
}

std::int32_t WordPiece::Pieces::longest_prefix(std::string_view text, std::size_t& size) const {
  for (size = std::min(longest, text.size()); size > 0; --size) {
    const bool inside_character = size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80;
    if (inside_character) continue;
    const auto found = ids.find(text.substr(0, size));
    if (found != ids.end()) return found->second;
  }
  return -1;
}

WordPiece::WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options)
    : max_characters_(options.max_characters), unknown_id_(options.unknown_id) {
  for (const auto& [piece, id] : vocabulary) {
    initial_.insert(piece, id);
    if (piece.starts_with(options.continuing_prefix))
      continuing_.insert(piece.substr(options.continuing_prefix.size()), id);
  }
}

void WordPiece::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  const std::size_t before = ids.size();
  const Pieces* pieces = &initial_;
  while (!word.empty()) {
    std::size_t size = 0;
    const std::int32_t id = pieces->longest_prefix(word, size);
    if (id < 0) {
      ids.resize(before);
      ids.push_back(unknown_id_);
      return;
    }
    ids.push_back(id);
    word.remove_prefix(size);
    pieces = &continuing_;
  }
}

void WordPieceModel::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::size_t characters = 0;
  for (const char byte : word) characters += is_continuation(byte) ? 0 : 1;
  if (characters <= pieces_.max_characters()) return pieces_.append(word, ids);
  ids.push_back(pieces_.unknown_id());
}

}  // namespace memo
