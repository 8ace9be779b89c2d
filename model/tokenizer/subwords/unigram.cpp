#include "model/tokenizer/subwords/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "embed/json/utf8.h"

namespace memo {
namespace {

// An unknown character scores this much less than the worst piece.
constexpr double kUnknownPenalty = 10.0;

ByteTrie make_trie(const UnigramParts& parts) {
  std::vector<ByteTrie::Entry> entries;
  entries.reserve(parts.pieces.size());
  std::int32_t id = 0;
  for (const auto& [piece, score] : parts.pieces) entries.emplace_back(piece, id++);
  return ByteTrie(std::move(entries));
}

}  // namespace

struct UnigramModel::Path {
  double score = 0;
  std::uint32_t size = 0;  // of its last piece; 0 where no way leads here
  std::int32_t id = 0;

  void offer(double other_score, std::size_t other_size, std::int32_t other_id) {
    if (size != 0 && !(other_score > score)) return;
    score = other_score;
    size = static_cast<std::uint32_t>(other_size);
    id = other_id;
  }
};

UnigramModel::UnigramModel(const UnigramParts& parts)
    : trie_(make_trie(parts)), unknown_id_(parts.unknown_id), byte_fallback_(parts.byte_fallback) {
  double lowest = std::numeric_limits<double>::infinity();
  scores_.reserve(parts.pieces.size());
  for (const auto& [piece, score] : parts.pieces) {
    scores_.push_back(score);
    lowest = std::min(lowest, score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
  for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte)
    byte_ids_[byte] = trie_.find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
}

// Viterbi, from left to right. The first of equally good ways stays.
std::vector<UnigramModel::Path> UnigramModel::best_paths(std::string_view word) const {
  std::vector<Path> paths(word.size() + 1);
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t next = begin;
    next_code_point(word, next);
    const double score = paths[begin].score;
    bool known = false;
    trie_.for_each_prefix(word.substr(begin), [&](std::size_t size, std::int32_t id) {
      paths[begin + size].offer(score + scores_[static_cast<std::size_t>(id)], size, id);
      known |= begin + size == next;
    });
    if (!known) paths[next].offer(score + unknown_score_, next - begin, unknown_id_);
    begin = next;
  }
  return paths;
}

template <typename Pieces>
void UnigramModel::append_to(std::string_view word, Pieces& out) const {
  const std::vector<Path> paths = best_paths(word);
  std::vector<std::size_t> ends;
  for (std::size_t end = word.size(); end > 0; end -= paths[end].size) ends.push_back(end);
  std::size_t unknown_from = 0;  // where the unknown characters before `end` begin
  std::size_t position = 0;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    if (paths[*end].id != unknown_id_) {
      append_unknown(word, unknown_from, position, out);
      add_piece(out, {paths[*end].id, position, *end});
      unknown_from = *end;
    }
    position = *end;
  }
  append_unknown(word, unknown_from, word.size(), out);
}

template void UnigramModel::append_to(std::string_view word, std::vector<std::int32_t>& out) const;
template void UnigramModel::append_to(std::string_view word, std::vector<Piece>& out) const;

// Neighbouring unknown characters are looked up together, then byte by byte; else they are one unknown id. The place
// of each byte is that of all of them.
template <typename Pieces>
void UnigramModel::append_unknown(std::string_view word, std::size_t begin, std::size_t end, Pieces& out) const {
  if (begin == end) return;
  const std::string_view characters = word.substr(begin, end - begin);
  if (const auto id = trie_.find(characters)) return add_piece(out, {*id, begin, end});
  const auto byte_id = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  if (byte_fallback_ && std::all_of(characters.begin(), characters.end(), [&](char c) { return byte_id(c) >= 0; }))
    for (const char c : characters) add_piece(out, {byte_id(c), begin, end});
  else
    add_piece(out, {unknown_id_, begin, end});
}

}  // namespace memo
