// ByteTokenizer: a token for each byte, for tests whose model needs ids, whatever they mean.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/tokenizer/tokenizer.h"

namespace memo::test {

class ByteTokenizer : public Tokenizer {
 public:
  std::vector<std::int32_t> encode(std::string_view text, const EncodeOptions& options) const override {
    std::vector<std::int32_t> ids{1};
    append(text.substr(0, options.max_length - 2), ids);
    ids.push_back(2);
    return ids;
  }
  std::vector<PlacedToken> tokens(std::string_view, bool) const override { return {}; }
  bool takes_pairs() const override { return true; }
  PairEncoding encode_pair(std::string_view first, std::string_view second,
                           const EncodeOptions& options) const override {
    PairEncoding pair{encode(first, {.max_length = options.max_length - 2}), {}};
    pair.types.assign(pair.ids.size(), 0);
    append(second.substr(0, options.max_length - pair.ids.size() - 1), pair.ids);
    pair.ids.push_back(2);
    pair.types.resize(pair.ids.size(), 1);
    return pair;
  }
  std::int32_t vocabulary_size() const override { return 100; }
  std::int32_t pad_id() const override { return 0; }

 private:
  static void append(std::string_view text, std::vector<std::int32_t>& ids) {
    for (const char byte : text) ids.push_back(3 + static_cast<unsigned char>(byte) % 97);
  }
};

}  // namespace memo::test
