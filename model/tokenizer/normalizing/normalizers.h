// The simple normalizers of tokenizer.json; charsmap.h has the one that is not simple.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "model/tokenizer/normalizing/bert_normalizer.h"
#include "model/tokenizer/normalizing/normalizer.h"
#include "model/tokenizer/unicode/normal_form.h"

namespace memo {

class NormalFormNormalizer : public Normalizer {
 public:
  explicit NormalFormNormalizer(const NormalForm& form) : form_(form) {}
  void apply(NormalizedText& normalized) const override;

 private:
  NormalForm form_;
};

class LowercaseNormalizer : public Normalizer {
 public:
  void apply(NormalizedText& normalized) const override;
};

class StripAccentsNormalizer : public Normalizer {
 public:
  void apply(NormalizedText& normalized) const override;
};

// Strips whitespace from the ends.
class StripNormalizer : public Normalizer {
 public:
  StripNormalizer(bool left, bool right) : left_(left), right_(right) {}
  void apply(NormalizedText& normalized) const override;

 private:
  bool left_;
  bool right_;
};

class PrependNormalizer : public Normalizer {
 public:
  explicit PrependNormalizer(std::string prefix) : prefix_(std::move(prefix)) {}
  void apply(NormalizedText& normalized) const override;

 private:
  std::string prefix_;
};

// Replaces every run of at least `least` patterns: the whole run where `greedy`, else one pattern at a time.
class ReplaceNormalizer : public Normalizer {
 public:
  struct Pattern {
    std::string text;  // not empty
    std::size_t least = 1;
    bool greedy = false;
  };
  ReplaceNormalizer(Pattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void apply(NormalizedText& normalized) const override;

 private:
  std::size_t match(std::string_view text) const;
  template <typename Output>
  void write(NormalizedText& normalized, Output& out) const;

  Pattern pattern_;
  std::string content_;
};

// BERT's normalizer, where a model other than WordPiece follows.
class BertTextNormalizer : public Normalizer {
 public:
  explicit BertTextNormalizer(const NormalizerOptions& options) : options_(options) {}
  void apply(NormalizedText& normalized) const override;

 private:
  void apply_in_steps(NormalizedText& normalized) const;

  NormalizerOptions options_;
};

}  // namespace memo
