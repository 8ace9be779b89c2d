#include "model/tokenizer/subwords/word_piece.h"

#include <algorithm>
#include <utility>

#include "embed/json/utf8.h"

namespace memo {

void WordPiece::Place::insert(std::string piece, std::int32_t id) {
  longest = std::max(longest, piece.size());
  ids.emplace(std::move(piece), id);
}

std::int32_t WordPiece::Place::longest_prefix(std::string_view text, std::size_t& size) const {
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

template <typename Pieces>
void WordPiece::append_to(std::string_view word, Pieces& out) const {
  const std::size_t before = out.size();
  const Place* place = &initial_;
  for (std::size_t position = 0; position < word.size();) {
    std::size_t size = 0;
    const std::int32_t id = place->longest_prefix(word.substr(position), size);
    if (id < 0) {
      out.resize(before);
      return add_piece(out, {unknown_id_, 0, word.size()});
    }
    add_piece(out, {id, position, position + size});
    position += size;
    place = &continuing_;
  }
}

template void WordPiece::append_to(std::string_view word, std::vector<std::int32_t>& out) const;
template void WordPiece::append_to(std::string_view word, std::vector<Piece>& out) const;

template <typename Pieces>
void WordPieceModel::append_to(std::string_view word, Pieces& out) const {
  std::size_t characters = 0;
  for (const char byte : word) characters += is_continuation(byte) ? 0 : 1;
  if (characters <= pieces_.max_characters()) return pieces_.append(word, out);
  add_piece(out, {pieces_.unknown_id(), 0, word.size()});
}

template void WordPieceModel::append_to(std::string_view word, std::vector<std::int32_t>& out) const;
template void WordPieceModel::append_to(std::string_view word, std::vector<Piece>& out) const;

}  // namespace memo
