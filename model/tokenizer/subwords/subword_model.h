// SubwordModel: turns one word of a text into ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace memo {

// Threads: any, after construction.
class SubwordModel {
 public:
  virtual ~SubwordModel() = default;
  // Appends the ids of a word. Requires: word is UTF-8 and not empty.
  virtual void append(std::string_view word, std::vector<std::int32_t>& ids) const = 0;
};

}  // namespace memo
