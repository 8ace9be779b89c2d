#include "model/tokenizer/splitting/split.h"

#include <utility>
#include <vector>

#include "model/tokenizer/splitting/metaspace.h"
#include "model/tokenizer/splitting/patterns.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {

// Joins stretches into words: a word is held back as long as the next stretch may still belong to it.
class SplitPreTokenizer::Joiner {
 public:
  Joiner(const Word& text, SplitBehavior behavior, const WordSink& sink)
      : text_(text), behavior_(behavior), sink_(sink) {}

  bool add(const Stretch& stretch) {
    if (behavior_ == SplitBehavior::removed && stretch.is_match) return true;
    const bool joins = held_ && continues(stretch);
    if (joins) {
      held_->end = stretch.end;
    } else {
      if (!finish()) return false;
      held_ = stretch;
    }
    last_is_match_ = stretch.is_match;
    return true;
  }

  bool finish() {
    if (!held_) return true;
    const Word word = text_.part(held_->begin, held_->end);
    held_.reset();
    return sink_(word);
  }

 private:
  // Of several matches in a row, the first joins what is before, and the last what follows.
  bool continues(const Stretch& stretch) const {
    switch (behavior_) {
      case SplitBehavior::merged_with_previous:
        return stretch.is_match && !last_is_match_;
      case SplitBehavior::merged_with_next:
        return last_is_match_ && !stretch.is_match;
      case SplitBehavior::contiguous:
        return stretch.is_match == last_is_match_;
      default:
        return false;
    }
  }

  const Word& text_;
  const SplitBehavior behavior_;
  const WordSink& sink_;
  std::optional<Stretch> held_;
  bool last_is_match_ = false;
};

bool SplitPreTokenizer::split(const Word& text, const WordSink& sink) const {
  Joiner joiner(text, options_.behavior, sink);
  const auto add = [&](Stretch stretch) {
    stretch.is_match = stretch.is_match != options_.invert;
    return joiner.add(stretch);
  };
  return pattern_->find_all(text.text, add) && joiner.finish();
}

std::unique_ptr<PreTokenizer> bert_pre_tokenizer() {
  std::vector<std::unique_ptr<PreTokenizer>> parts;
  parts.push_back(std::make_unique<WhitespaceSplitPreTokenizer>());
  parts.push_back(
      std::make_unique<SplitPreTokenizer>(std::make_unique<RunPattern>(is_punctuation, 1), SplitOptions()));
  return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

}  // namespace memo
