#include "model/tokenizer/framed_tokenizer.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace memo {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

struct PairSizes {
  std::size_t first;
  std::size_t second;
};

// The sizes that two texts are cut to. The package does not take tokens one by one from the longer text: once both
// have to be cut, each gets half of the room, and the longer one (the second, if equal) gets the odd token.
// Source: "longest_first" of the `tokenizers` package, 0.19.
PairSizes longest_first(PairSizes sizes, std::size_t room) {
  if (sizes.first + sizes.second <= room) return sizes;
  const bool swapped = sizes.first > sizes.second;
  if (swapped) std::swap(sizes.first, sizes.second);
  sizes.second = sizes.first > room ? sizes.first : std::max(sizes.first, room - sizes.first);
  if (sizes.first + sizes.second > room) sizes = {room / 2, room / 2 + room % 2};
  if (swapped) std::swap(sizes.first, sizes.second);
  return sizes;
}

// Removes ids from `begin` on, so that `limit` ids are left in all.
void cut_left(Ids& ids, std::size_t begin, std::size_t limit) {
  if (ids.size() <= limit) return;
  const auto from = ids.begin() + static_cast<std::ptrdiff_t>(begin);
  ids.erase(from, from + static_cast<std::ptrdiff_t>(ids.size() - limit));
}

void cut(Ids& ids, std::size_t size, bool left) {
  if (left) cut_left(ids, 0, size);
  ids.resize(std::min(ids.size(), size));
}

}  // namespace

std::int32_t vocabulary_size(const Vocabulary& pieces, const AddedTokenLists& added, const Frame& frame) {
  std::int32_t largest = std::max(frame.pad_id, frame.end_of_text_id);
  for (const auto& [piece, id] : pieces) largest = std::max(largest, id);
  for (const auto* tokens : {&added.raw, &added.normalized})
    for (const AddedToken& token : *tokens) largest = std::max(largest, token.id);
  const auto add = [&](const Ids& ids) {
    for (const std::int32_t id : ids) largest = std::max(largest, id);
  };
  add(frame.special_tokens.before);
  add(frame.special_tokens.after);
  for (const PairPiece& piece : frame.special_tokens.pair) add(piece.ids);
  return largest + 1;
}

const SpecialTokens& FramedTokenizer::tokens_around(bool wanted) const {
  static const SpecialTokens kNone;
  return wanted ? frame_.special_tokens : kNone;
}

bool FramedTokenizer::cuts_left(const EncodeOptions& options) const {
  return options.side ? *options.side == TruncationSide::left : frame_.truncate_left;
}

Ids FramedTokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  assert(options.max_length >= 2 || !options.special_tokens);
  const Ids& before = tokens_around(options.special_tokens).before;
  const Ids& after = tokens_around(options.special_tokens).after;
  const std::size_t limit = std::max(options.max_length, before.size() + after.size()) - after.size();
  Ids ids = before;
  append_text(text, cuts_left(options) ? kUnlimited : limit, ids);
  cut_left(ids, before.size(), limit);
  ids.insert(ids.end(), after.begin(), after.end());
  if (ids.size() > options.max_length) ids.resize(options.max_length);
  if (ids.empty() && options.special_tokens) ids.push_back(frame_.end_of_text_id);
  return ids;
}

// Both texts' ids without special tokens: all of them, or enough that cutting gives the same result.
FramedTokenizer::Texts FramedTokenizer::texts_for(std::string_view first, std::string_view second,
                                                  std::size_t room, bool left) const {
  Texts texts;
  const std::size_t enough = left ? kUnlimited : std::min(room, kUnlimited - 1) + 1;
  append_text(first, enough, texts[0]);
  append_text(second, enough, texts[1]);
  if (texts[0].size() < enough || texts[1].size() < enough) return texts;
  texts = {};  // the longer one gets the odd token, so both have to be known
  append_text(first, kUnlimited, texts[0]);
  append_text(second, kUnlimited, texts[1]);
  return texts;
}

PairEncoding FramedTokenizer::encode_pair(std::string_view first, std::string_view second,
                                          const EncodeOptions& options) const {
  assert(takes_pairs() && (options.max_length >= kMaxPairTokens || !options.special_tokens));
  const SpecialTokens& special = frame_.special_tokens;
  const std::size_t added = options.special_tokens ? special.pair_tokens() : 0;
  const std::size_t room = options.max_length - std::min(options.max_length, added);
  const bool left = cuts_left(options);
  Texts texts = texts_for(first, second, room, left);
  const PairSizes sizes = longest_first({texts[0].size(), texts[1].size()}, room);
  cut(texts[0], sizes.first, left);
  cut(texts[1], sizes.second, left);
  PairEncoding encoding;
  for (const PairPiece& piece : special.pair) {
    const bool frames = piece.kind == PairPiece::Kind::tokens;
    if (frames && !options.special_tokens) continue;
    const Ids& ids = frames ? piece.ids : texts[piece.kind == PairPiece::Kind::second];
    encoding.ids.insert(encoding.ids.end(), ids.begin(), ids.end());
    encoding.types.resize(encoding.ids.size(), frame_.has_types ? piece.type : 0);
  }
  if (encoding.ids.empty() && options.special_tokens) encoding = {{frame_.end_of_text_id}, {0}};
  return encoding;
}

void FramedTokenizer::append_frame(const Ids& ids, std::vector<PlacedToken>& tokens) const {
  for (const std::int32_t id : ids) {
    const auto entry = token_texts().find(id);
    tokens.push_back({id, entry ? std::string(entry->text) : std::string(), true, true, std::nullopt});
  }
}

std::vector<PlacedToken> FramedTokenizer::tokens(std::string_view text, bool special_tokens) const {
  const SpecialTokens& frame = tokens_around(special_tokens);
  std::vector<TracedToken> traced = trace_text(text);
  for (const PlaceTrim& trim : frame_.special_tokens.trims) trim_places(trim, frame.before.size(), traced);
  std::vector<PlacedToken> placed;
  append_frame(frame.before, placed);
  for (const TracedToken& token : traced) {
    const auto entry = token_texts().find(token.id);
    const bool special = entry && entry->special;
    placed.push_back({token.id, entry ? std::string(entry->text) : std::string(), special, false, token.place});
  }
  append_frame(frame.after, placed);
  if (placed.empty() && special_tokens) append_frame({frame_.end_of_text_id}, placed);
  return placed;
}

}  // namespace memo
