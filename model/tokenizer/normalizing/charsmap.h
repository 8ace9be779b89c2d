// Charsmap: the table of replacements that SentencePiece compiles into its models, as tokenizer.json carries it.
//
// Little-endian: the bytes of a trie (u32), a double-array trie of u32 units, then the replacements, each ended by
// a zero byte. A key's value is the offset of its replacement.
// Units: bits 0-7 and 31 the label, bit 8 says that the node has a value, bits 10-30 the offset, times 256 where
// bit 9 is set; a value is a unit with bit 31 set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"
#include "model/tokenizer/normalizing/normalizer.h"

namespace memo {

// Threads: any, after parsing.
class Charsmap {
 public:
  // `bytes` may be anything: malformed bytes are refused here, or match nothing later.
  // Errors: corrupt (sizes that do not add up, replacements that are not UTF-8 or too long).
  static Result<Charsmap> parse(std::string_view bytes);

  // What replaces `text`: the replacement of the shortest key that it begins with. The rest of the text is
  // dropped, as in the package.
  std::optional<std::string_view> find(std::string_view text) const;

 private:
  std::optional<std::string_view> replacement(std::uint32_t unit) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

// Replaces graphemes of less than six bytes, and code points elsewhere.
class CharsmapNormalizer : public Normalizer {
 public:
  explicit CharsmapNormalizer(Charsmap charsmap) : charsmap_(std::move(charsmap)) {}
  void apply(NormalizedText& normalized) const override;

 private:
  template <typename Output>
  void append(std::string_view grapheme, Output& out) const;
  template <typename Output>
  void replace_all(std::string_view text, std::size_t max_bytes, Output& out) const;

  Charsmap charsmap_;
};

// Errors: corrupt (not base64 with padding, RFC 4648).
Result<std::string> decode_base64(std::string_view text);

}  // namespace memo
