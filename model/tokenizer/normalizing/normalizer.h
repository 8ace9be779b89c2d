// Normalizers: what happens to a text before it is split into words.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tokenizer/origins/traced_text.h"

namespace memo {

// The stretch of a text between two added tokens, on its way through the normalizers.
struct NormalizedText : TracedText {
  NormalizedText(std::string_view stretch, bool begins_the_text)
      : NormalizedText(TracedView{stretch}, begins_the_text) {}
  NormalizedText(TracedView stretch, bool begins_the_text)
      : max_bytes(16 * stretch.text.size() + 4096), at_start(begins_the_text) {
    become(rewrite(stretch, [&](auto& out) { out.copy(0, stretch.text.size()); }));
  }

  void become(TracedText changed) { static_cast<TracedText&>(*this) = std::move(changed); }

  std::size_t max_bytes;  // a normalizer that lengthens text stops here: only a hostile file gets this far
  bool at_start;          // its first character is, or comes from, the first of the whole text
};

// Threads: any, after construction.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(NormalizedText& normalized) const = 0;
};

// Applies them one after the other.
class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> parts) : parts_(std::move(parts)) {}
  void apply(NormalizedText& normalized) const override {
    for (const auto& part : parts_) part->apply(normalized);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

}  // namespace memo
