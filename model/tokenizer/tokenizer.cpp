#include "model/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "model/tokenizer/bert_tokenizer.h"
#include "model/tokenizer/tokenizer_json.h"
#include "model/tokenizer/vocabulary_file.h"

namespace memo {
namespace {

// Other forms in which tokenizers are published, none of which is read.
constexpr const char* kUnreadFiles[] = {"spm.model", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
                                        "merges.txt"};

Status nothing_to_read(const std::string& folder) {
  std::error_code ignored;
  for (const char* name : kUnreadFiles)
    if (std::filesystem::exists(folder + "/" + name, ignored))
      return {StatusCode::unsupported,
              fmt::format("{}: has {} but no tokenizer.json; convert it with the transformers package: "
                          "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
                          folder, name)};
  return {StatusCode::not_found, fmt::format("{}: has neither tokenizer.json nor vocab.txt", folder)};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::string& folder) {
  auto tokenizer = read_tokenizer_json(folder + "/tokenizer.json");
  if (tokenizer || tokenizer.status().code() != StatusCode::not_found) return tokenizer;
  auto parts = read_vocabulary(folder);
  if (parts) return std::unique_ptr<Tokenizer>(std::make_unique<BertTokenizer>(std::move(parts).value()));
  return parts.status().code() == StatusCode::not_found ? nothing_to_read(folder) : parts.status();
}

}  // namespace memo
