// SubwordModel: turns one word of a text into ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace memo {

// An id with what it stands for: bytes of the word.
struct Piece {
  std::int32_t id = 0;
  std::size_t begin = 0;
  std::size_t end = 0;  // may be behind the word's end, where the package counts so: see BpeOptions
};

// One piece more, as an id alone or with its place.
inline void add_piece(std::vector<std::int32_t>& ids, const Piece& piece) {
  ids.push_back(piece.id);
}
inline void add_piece(std::vector<Piece>& pieces, const Piece& piece) {
  pieces.push_back(piece);
}

// Threads: any, after construction.
class SubwordModel {
 public:
  virtual ~SubwordModel() = default;
  // Appends the ids of a word. Requires: word is UTF-8 and not empty.
  virtual void append(std::string_view word, std::vector<std::int32_t>& ids) const = 0;
  // The same with their places in the word.
  virtual void append(std::string_view word, std::vector<Piece>& pieces) const = 0;
};

}  // namespace memo
