// TokenTexts: what each token reads as in the vocabulary, by its id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memo {

// Memory: 12 bytes a token, and its text.
// Threads: any, after construction.
class TokenTexts {
 public:
  struct Entry {
    std::int32_t id = 0;
    std::string_view text;  // UTF-8
    bool special = false;   // the text is that of a special added token
  };

  TokenTexts() = default;
  // Of several entries with one id the last counts.
  explicit TokenTexts(std::vector<Entry> entries);

  // Nothing where no token has this id, whatever number it is. The text lives as long as this.
  std::optional<Entry> find(std::int32_t id) const;

 private:
  struct Token {
    std::int32_t id;
    std::uint32_t begin;  // of its text
    std::uint32_t size : 31;
    std::uint32_t special : 1;
  };

  std::string bytes_;
  std::vector<Token> tokens_;  // by id
};

}  // namespace memo
