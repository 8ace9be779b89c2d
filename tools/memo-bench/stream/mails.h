// The texts of a stream: in the order in which they were written, or drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct StreamText {
  std::string text;
  std::int64_t date = 0;  // seconds since 1970
};

struct StreamTexts {
  std::vector<StreamText> texts;
  // Texts that have a number "date" of their own. They are in its order; one without it counts as written when the
  // one before it in the file was.
  std::size_t dated = 0;
};

// limit: how many texts, the first in order; 0: all. Errors: as JsonLineReader; invalid_argument without texts.
Result<StreamTexts> read_stream(const std::string& path, std::uint64_t limit);

// Traffic that repeats: as many texts as there are, each drawn from all of them by Zipf's law (store_zipf.h);
// which of them are popular is drawn, too. Without dates. Requires: texts; skew at least 0.
StreamTexts draw_by_zipf(const StreamTexts& stream, double skew, std::uint64_t seed);
// The same draws as places in the stream, and any number of them. Requires: texts > 0.
std::vector<std::size_t> zipf_draws(std::size_t texts, std::size_t count, double skew, std::uint64_t seed);

}  // namespace memo
