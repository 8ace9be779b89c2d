#include "model/tokenizer/splitting/matches.h"

#include "embed/json/utf8.h"

namespace memo {

bool Pattern::find_all(std::string_view text, const StretchSink& sink) const {
  std::size_t unmatched = 0;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t size = match_at(text, position);
    if (size == 0) {
      next_code_point(text, position);
      continue;
    }
    if (unmatched < position && !sink({unmatched, position, false})) return false;
    if (!sink({position, position + size, true})) return false;
    position += size;
    unmatched = position;
  }
  return unmatched == text.size() || sink({unmatched, text.size(), false});
}

}  // namespace memo
