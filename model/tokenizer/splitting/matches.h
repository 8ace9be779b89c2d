// Matches: where a text is cut, by a pattern.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "embed/json/json_text.h"
#include "memo/status.h"

namespace memo {

// A stretch of a text, never empty.
struct Stretch {
  std::size_t begin = 0;  // bytes
  std::size_t end = 0;
  bool is_match = false;
};

// Takes one stretch; false says that no more are wanted.
using StretchSink = std::function<bool(const Stretch&)>;

// Threads: any, after construction.
class Pattern {
 public:
  virtual ~Pattern() = default;
  // The bytes of the match that begins at `position`, 0 where none does. Requires: text is UTF-8, `position` is
  // the start of a character, and no earlier match goes beyond it.
  virtual std::size_t match_at(std::string_view text, std::size_t position) const = 0;

  // Hands out the whole text in order: matches, from left to right, and what lies between them.
  // False where the sink wants no more.
  bool find_all(std::string_view text, const StretchSink& sink) const;
};

// {"String": " "} or {"Regex": "\\s+"}. Of regular expressions, those of published tokenizers are known, by their
// text.
// Errors: unsupported (another regular expression), corrupt; `field` names it.
Result<std::unique_ptr<Pattern>> read_split_pattern(const nlohmann::json& json, const std::string& field);

}  // namespace memo
