// Prints what our tokenizer and engine make of texts, for check_tokens.py to compare with the reference.
//   dump_tokens tokens MODEL_DIR MAX_LENGTH < texts.jsonl     one JSON array of ids a line
//   dump_tokens embeddings MODEL_DIR MAX_LENGTH < texts.jsonl one JSON array of floats a line
// A line is a JSON object with the field "text", or "hex", for bytes that are not UTF-8.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

#include "embed/json/json_text.h"
#include "model/engine/engine.h"
#include "model/engine/process.h"
#include "model/tokenizer/tokenizer.h"

namespace {

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string text_of(const std::string& line) {
  const auto json = nlohmann::json::parse(line);
  return json.contains("hex") ? bytes_of_hex(json["hex"].get<std::string>()) : json["text"].get<std::string>();
}

std::vector<float> embed(memo::Engine& engine, const std::vector<std::int32_t>& ids) {
  const memo::TokenSequence batch[] = {ids};
  engine.forward(batch, nullptr);
  const at::Tensor embedding = engine.embeddings();
  return {embedding.data_ptr<float>(), embedding.data_ptr<float>() + embedding.numel()};
}

int fail(const std::string& message) {
  std::cerr << message << "\n";
  return 1;
}

int run(bool embeddings, const std::string& folder, std::size_t max_length) {
  auto tokenizer = memo::load_tokenizer(folder);
  if (!tokenizer) return fail(tokenizer.status().message());
  auto checkpoint = embeddings ? memo::Checkpoint::load(folder) : memo::Checkpoint();
  if (!checkpoint) return fail(checkpoint.status().message());
  std::unique_ptr<memo::Engine> engine;
  if (embeddings) engine = std::move(*memo::Engine::make(*checkpoint, {}));
  for (std::string line; std::getline(std::cin, line);) {
    const auto ids = (*tokenizer)->encode(text_of(line), max_length);
    std::cout << (embeddings ? fmt::format("{}", embed(*engine, ids)) : fmt::format("{}", ids)) << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail("usage: dump_tokens tokens|embeddings MODEL_DIR MAX_LENGTH < texts.jsonl");
  memo::configure_process_for_inference();
  return run(std::string(argv[1]) == "embeddings", argv[2], std::strtoul(argv[3], nullptr, 10));
}
