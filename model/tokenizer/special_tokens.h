// SpecialTokens: what a post-processor puts around the ids of a text, such as [CLS] and [SEP].
#pragma once

#include <cstdint>
#include <vector>

namespace memo {

struct SpecialTokens {
  std::vector<std::int32_t> before;
  std::vector<std::int32_t> after;
};

}  // namespace memo
