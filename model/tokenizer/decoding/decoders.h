// Decoders: what becomes of the texts of tokens before they are one text again.
// Source: the decoders of the `tokenizers` package, 0.19.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace memo {

// Threads: any, after construction.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Changes texts of tokens in place, or puts others in their place.
  virtual void apply(std::vector<std::string>& tokens) const = 0;
};

// A piece that continues a word loses its prefix, any other gets a space before it, except for the first.
class WordPieceDecoder : public Decoder {
 public:
  // `cleanup` takes spaces away before punctuation and English contractions, within each token.
  WordPieceDecoder(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}
  void apply(std::vector<std::string>& tokens) const override;

 private:
  std::string prefix_;
  bool cleanup_;
};

// Visible characters become the bytes that they stand for; a token with another character in it stays as it is.
class ByteLevelDecoder : public Decoder {
 public:
  ByteLevelDecoder();
  void apply(std::vector<std::string>& tokens) const override;

 private:
  bool append_bytes(std::string_view token, std::string& bytes) const;

  std::unordered_map<char32_t, char> bytes_;  // by the character that stands for each
};

// The replacement becomes a space; in the first token it vanishes, unless nothing is ever prepended.
class MetaspaceDecoder : public Decoder {
 public:
  MetaspaceDecoder(std::string replacement, bool prepends)
      : replacement_(std::move(replacement)), prepends_(prepends) {}
  void apply(std::vector<std::string>& tokens) const override;

 private:
  std::string replacement_;
  bool prepends_;
};

// The suffix that ends a word becomes a space, and vanishes in the last token.
class BpeDecoder : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  void apply(std::vector<std::string>& tokens) const override;

 private:
  std::string suffix_;
};

// Tokens "<0x41>" in a row become the text of their bytes, or one U+FFFD for each where these are not UTF-8.
class ByteFallbackDecoder : public Decoder {
 public:
  void apply(std::vector<std::string>& tokens) const override;
};

class ReplaceDecoder : public Decoder {
 public:
  // Requires: pattern is not empty.
  ReplaceDecoder(std::string pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(std::vector<std::string>& tokens) const override;

 private:
  std::string pattern_;
  std::string content_;
};

// All tokens become one.
class FuseDecoder : public Decoder {
 public:
  void apply(std::vector<std::string>& tokens) const override;
};

// Takes one character away at both ends of each token, at most so many times.
class StripDecoder : public Decoder {
 public:
  StripDecoder(std::string character, std::size_t max_left, std::size_t max_right)
      : character_(std::move(character)), max_left_(max_left), max_right_(max_right) {}
  void apply(std::vector<std::string>& tokens) const override;

 private:
  std::string character_;
  std::size_t max_left_;
  std::size_t max_right_;
};

}  // namespace memo
