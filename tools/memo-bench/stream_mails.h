// The texts of a stream: in the order in which they were written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/status.h"

namespace memo {

struct StreamText {
  std::string text;
  std::int64_t date = 0;  // seconds since 1970
};

struct StreamTexts {
  std::vector<StreamText> texts;
  bool dated = false;  // every text had a number "date": they are in its order, else in the file's
};

// limit: so many texts, the first in order; 0: all. Errors: as JsonLineReader; invalid_argument without texts.
Result<StreamTexts> read_stream(const std::string& path, std::uint64_t limit);

}  // namespace memo
