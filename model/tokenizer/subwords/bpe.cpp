#include "model/tokenizer/subwords/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <string>
#include <tuple>
#include <utility>

#include "embed/json/utf8.h"

namespace memo {
namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

}  // namespace

// A word while it is merged: symbols in a doubly linked list, and the merges that may be due, the best first.
class BpeModel::Word {
 public:
  Word(const BpeModel& model, const std::vector<std::int32_t>& ids) : model_(model) {
    symbols_.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) symbols_.push_back({ids[i], i - 1, i + 1});
    if (symbols_.empty()) return;
    symbols_.front().previous = kNone;
    symbols_.back().next = kNone;
    for (std::size_t i = 0; i < ids.size(); ++i) propose(i);
  }

  void merge_all() {
    while (!due_.empty()) {
      const Candidate best = due_.top();
      due_.pop();
      if (still_there(best)) merge(best);
    }
  }

  void append_to(std::vector<std::int32_t>& ids) const {
    for (std::size_t i = symbols_.empty() ? kNone : 0; i != kNone; i = symbols_[i].next)
      ids.push_back(symbols_[i].id);
  }

  // `sizes`: bytes of each character. A symbol has the characters up to the next symbol.
  void append_to(const std::vector<std::size_t>& sizes, std::vector<Piece>& pieces) const {
    std::size_t begin = 0;
    for (std::size_t i = symbols_.empty() ? kNone : 0; i != kNone; i = symbols_[i].next) {
      std::size_t end = begin;
      for (std::size_t one = i; one < std::min(symbols_[i].next, sizes.size()); ++one) end += sizes[one];
      pieces.push_back({symbols_[i].id, begin, end});
      begin = end;
    }
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Symbol {
    std::int32_t id;  // -1 once it is merged into its left neighbour
    std::size_t previous;
    std::size_t next;
  };
  struct Candidate {
    std::uint32_t rank;
    std::size_t position;  // of the left symbol
    std::int32_t merged;
    // The queue's top is the largest: the lowest rank, then the leftmost.
    bool operator<(const Candidate& other) const {
      return std::tie(other.rank, other.position) < std::tie(rank, position);
    }
  };

  const Rule* rule_at(std::size_t position) const {
    const Symbol& left = symbols_[position];
    if (left.id < 0 || left.next == kNone) return nullptr;
    return model_.rule(left.id, symbols_[left.next].id);
  }

  void propose(std::size_t position) {
    if (const Rule* rule = rule_at(position)) due_.push({rule->rank, position, rule->merged});
  }

  // A candidate outlives its pair when one of the two was merged with another neighbour.
  bool still_there(const Candidate& candidate) const {
    const Rule* rule = rule_at(candidate.position);
    return rule != nullptr && rule->merged == candidate.merged;
  }

  void merge(const Candidate& candidate) {
    Symbol& left = symbols_[candidate.position];
    Symbol& right = symbols_[left.next];
    left.id = candidate.merged;
    left.next = right.next;
    right.id = -1;
    if (left.next != kNone) symbols_[left.next].previous = candidate.position;
    if (left.previous != kNone) propose(left.previous);
    propose(candidate.position);
  }

  const BpeModel& model_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate> due_;
};

// A word as single characters, unknown ones as bytes or as the unknown piece. As in the package, an unknown piece
// is held back until a known character or another unknown one follows, and bytes are neither: they overtake it.
class BpeModel::Characters {
 public:
  // `sizes`: gets the bytes of the word that each id stands for; null: not wanted.
  Characters(const BpeModel& model, std::vector<std::size_t>* sizes)
      : model_(model), options_(model.options_), sizes_(sizes) {}

  std::vector<std::int32_t> ids_of(std::string_view word) {
    ids_.reserve(word.size());
    for (std::size_t position = 0; position < word.size();) {
      const std::size_t begin = position;
      next_code_point(word, position);
      add(word.substr(begin, position - begin), begin == 0, position == word.size());
    }
    flush();
    return std::move(ids_);
  }

 private:
  void add(std::string_view character, bool first, bool last) {
    const bool prefixed = !first && !options_.continuing_prefix.empty();
    const bool suffixed = last && !options_.end_suffix.empty();
    if (!prefixed && !suffixed) return add_piece(character, character.size());
    std::string piece = prefixed ? options_.continuing_prefix : std::string();
    piece.append(character);
    if (suffixed) piece.append(options_.end_suffix);
    add_piece(piece, character.size());
  }

  void add_piece(std::string_view piece, std::size_t size) {
    const auto found = model_.vocabulary_.find(piece);
    if (found != model_.vocabulary_.end()) {
      flush();
      add_id(found->second, size);
    } else if (!add_bytes(piece) && options_.unknown_id) {
      if (!options_.fuse_unknown) flush();
      unknown_held_ += size;
    }
  }

  bool add_bytes(std::string_view piece) {
    const auto id_of = [&](char byte) { return model_.byte_ids_[static_cast<unsigned char>(byte)]; };
    const bool known = std::all_of(piece.begin(), piece.end(), [&](char byte) { return id_of(byte) >= 0; });
    if (!options_.byte_fallback || !known) return false;
    for (const char byte : piece) add_id(id_of(byte), 1);
    return true;
  }

  void flush() {
    if (unknown_held_ > 0) add_id(*options_.unknown_id, unknown_held_);
    unknown_held_ = 0;
  }

  void add_id(std::int32_t id, std::size_t size) {
    ids_.push_back(id);
    if (sizes_ != nullptr) sizes_->push_back(size);
  }

  const BpeModel& model_;
  const BpeOptions& options_;
  std::vector<std::size_t>* sizes_;
  std::vector<std::int32_t> ids_;
  std::size_t unknown_held_ = 0;  // bytes
};

BpeModel::BpeModel(Vocabulary vocabulary, const std::vector<BpeMerge>& merges, const BpeOptions& options)
    : vocabulary_(std::move(vocabulary)), options_(options) {
  rules_.reserve(merges.size());
  std::uint32_t rank = 0;
  for (const BpeMerge& merge : merges)
    rules_.insert_or_assign(pair_key(merge.left, merge.right), Rule{rank++, merge.merged});
  for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const auto found = vocabulary_.find(fmt::format("<0x{:02X}>", byte));
    byte_ids_[byte] = found == vocabulary_.end() ? -1 : found->second;
  }
}

const BpeModel::Rule* BpeModel::rule(std::int32_t left, std::int32_t right) const {
  const auto found = rules_.find(pair_key(left, right));
  return found == rules_.end() ? nullptr : &found->second;
}

// The id of a word that is not taken apart.
std::optional<std::int32_t> BpeModel::unmerged(std::string_view word) const {
  if (!options_.ignore_merges) return std::nullopt;
  const auto found = vocabulary_.find(word);
  return found == vocabulary_.end() ? std::nullopt : std::optional(found->second);
}

BpeModel::Word BpeModel::merged(std::string_view word, std::vector<std::size_t>* sizes) const {
  Word merged(*this, Characters(*this, sizes).ids_of(word));
  merged.merge_all();
  return merged;
}

void BpeModel::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (const auto id = unmerged(word)) return ids.push_back(*id);
  merged(word, nullptr).append_to(ids);
}

void BpeModel::append(std::string_view word, std::vector<Piece>& pieces) const {
  if (const auto id = unmerged(word)) return pieces.push_back({*id, 0, word.size()});
  std::vector<std::size_t> sizes;
  merged(word, &sizes).append_to(sizes, pieces);
}

}  // namespace memo
