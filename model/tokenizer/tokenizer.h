// Tokenizers: text in, ids out, identical to those of transformers.AutoTokenizer on the same folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memo/status.h"
#include "model/tokenizer/decoding/text_decoder.h"
#include "model/tokenizer/origins/traced_text.h"
#include "model/tokenizer/subwords/special_tokens.h"

namespace memo {

// The ids of two texts as one input.
struct PairEncoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> types;  // [ids]: the token types that the model is given
};

enum class TruncationSide { left, right };

// How a text is encoded.
struct EncodeOptions {
  std::size_t max_length = std::numeric_limits<std::size_t>::max();  // special tokens included
  std::optional<TruncationSide> side = {};                           // what is cut; nothing: as the folder says
  bool special_tokens = true;                                        // false: the text's own ids alone
};

// A token of a text.
struct PlacedToken {
  std::int32_t id = 0;
  std::string text;       // as the vocabulary has it
  bool special = false;   // a special token, in the frame or in the text itself
  bool in_frame = false;  // put around the text; these have no place
  // Where it stands in the text, as the `tokenizers` package says it in Python: without the whitespace at its ends
  // where the post-processor trims it. Nothing where the package's own count leaves the word: BPE whose unknown
  // characters become bytes of a prefix or suffix.
  std::optional<TextSpan> place;
};

// What a folder says of its tokenizer besides how text becomes ids.
struct TokenizerTraits {
  TextDecoder decoder;
  std::optional<std::size_t> max_length;
  std::vector<std::int32_t> special_ids;  // in order
};

// Threads: any, after loading.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // The ids of a text between the special tokens that the folder asks for: [CLS] ... [SEP], <s> ... </s>, or none
  // (GPT-2). Truncated to max_length ids, the special tokens included and kept; what is cut is the end of the
  // text, or its beginning where the options or the folder's truncation_side say so. Bytes that are not UTF-8 are
  // read as U+FFFD. Their token types are all 0.
  // Never empty with special tokens: a text without any id is one end-of-text token, e.g. <|endoftext|>.
  // A text is longer than n ids where a max_length of n + 1 gives more than n; where the end is cut, this reads no
  // more of the text than it needs. Requires: max_length >= 2 with special tokens.
  virtual std::vector<std::int32_t> encode(std::string_view text, const EncodeOptions& options) const = 0;
  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_length) const {
    return encode(text, {.max_length = max_length});
  }
  // Two texts as one input, cut to max_length by taking tokens from the longer one ("longest_first" of the
  // `tokenizers` package), special tokens included and kept. Types are the same with and without special tokens.
  // Requires: takes_pairs(); max_length >= kMaxPairTokens with special tokens.
  virtual PairEncoding encode_pair(std::string_view first, std::string_view second,
                                   const EncodeOptions& options) const;
  PairEncoding encode_pair(std::string_view first, std::string_view second, std::size_t max_length) const {
    return encode_pair(first, second, {.max_length = max_length});
  }
  // False where the post-processor has no form for two texts, or an unknown one.
  virtual bool takes_pairs() const { return false; }
  virtual std::int32_t vocabulary_size() const = 0;
  // 0 where the vocabulary has no padding (GPT-2): padding is masked anyway.
  virtual std::int32_t pad_id() const = 0;

  // The tokens of a text, with those ids that encode() gives without a limit, and where each stands in it.
  // Takes several times as long as encode(), and 16 bytes of memory a byte of the text.
  virtual std::vector<PlacedToken> tokens(std::string_view text, bool special_tokens) const = 0;

  // The text of ids, as tokenizer.json's decoder puts it together. Ids that the vocabulary does not have are
  // skipped; so are special added tokens where skip_special_tokens.
  // Errors: unsupported, corrupt (a decoder that is not read, by its field and value): such a folder encodes
  // nevertheless.
  Result<std::string> decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const {
    return traits_.decoder.decode(ids, skip_special_tokens);
  }

  // The longest input that the folder states (model_max_length), special tokens included; nothing where it states
  // none.
  std::optional<std::size_t> max_length() const { return traits_.max_length; }
  // Whether an id is that of a special token by its role (cls_token, eos_token, ...): all_special_ids.
  bool is_special(std::int32_t id) const;

  void set_traits(TokenizerTraits traits) { traits_ = std::move(traits); }

 protected:
  const TokenTexts& token_texts() const { return traits_.decoder.texts(); }

 private:
  TokenizerTraits traits_;
};

// Options of a tokenizer besides those that its own folder states.
struct TokenizerOptions {
  // Lowers texts before all other normalization, unless the normalizer lowers them itself.
  bool lowercase = false;
};

// Reads the folder as transformers.AutoTokenizer does (4.44, fast tokenizers): tokenizer.json (WordPiece, BPE,
// Unigram), or vocab.txt of a BERT, DistilBERT, ELECTRA or MPNet; changed and added to by tokenizer_config.json,
// special_tokens_map.json and added_tokens.json as the tokenizer_class does, or the class that goes with
// config.json's model_type. A folder with tokenizer.json alone is read as it is.
// Errors: not_found, corrupt, unsupported (another class, another kind of tokenizer, or only a file such as
// spm.model), naming the file and the field.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::string& folder, const TokenizerOptions& options = {});

}  // namespace memo
