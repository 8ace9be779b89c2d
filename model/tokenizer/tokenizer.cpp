#include "model/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <utility>

#include "model/tokenizer/bert_tokenizer.h"
#include "model/tokenizer/tokenizer_json.h"

namespace memo {
namespace {

Result<BertTokenizerParts> read_folder(const std::string& folder) {
  auto parts = read_tokenizer_json(folder + "/tokenizer.json");
  if (parts || parts.status().code() != StatusCode::not_found) return parts;
  parts = read_vocabulary(folder);
  if (parts || parts.status().code() != StatusCode::not_found) return parts;
  return Status(StatusCode::not_found, fmt::format("{}: has neither tokenizer.json nor vocab.txt", folder));
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::string& folder) {
  auto parts = read_folder(folder);
  if (!parts) return parts.status();
  std::unique_ptr<Tokenizer> tokenizer = std::make_unique<BertTokenizer>(std::move(parts).value());
  return tokenizer;
}

}  // namespace memo
