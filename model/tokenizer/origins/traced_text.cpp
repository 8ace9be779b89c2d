#include "model/tokenizer/origins/traced_text.h"

namespace memo {

TracedText traced(std::string text) {
  TracedText whole;
  whole.origins.reserve(text.size());
  std::size_t character = 0;
  for (std::size_t position = 0; position < text.size(); ++character) {
    next_code_point(text, position);
    whole.origins.resize(position, {character, character + 1});
  }
  whole.text = std::move(text);
  return whole;
}

TracedText apply_changes(TracedView source, std::span<const CharacterChange> changes) {
  TracingWriter out(source, source.text.size());
  std::size_t position = 0;  // in the source, after what was replaced
  const auto skip = [&] {
    if (position < source.text.size()) next_code_point(source.text, position);
  };
  for (const CharacterChange& next : changes) {
    std::size_t from = position;
    const bool nothing_follows = position >= source.text.size();
    if ((next.change > 0 || nothing_follows) && position > 0) --from;
    out.put(next.character, from);
    for (int skipped = 0; skipped <= -next.change; ++skipped) skip();
  }
  return out.take();
}

}  // namespace memo
