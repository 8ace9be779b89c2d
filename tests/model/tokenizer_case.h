// Folders of tokenizers as the goldens of tests/data/tokenizers describe them: a tokenizer.json of the tree, or one
// of the case's own, with some values set, and the files beside it.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

inline nlohmann::json tokenizer_json_of(const nlohmann::json& entry) {
  using Json = nlohmann::json;
  Json json = entry.contains("tokenizer") ? entry["tokenizer"]
                                          : golden(entry["base"].get<std::string>() + "/tokenizer.json");
  if (entry.contains("set"))
    for (const auto& [pointer, value] : entry["set"].items()) json[Json::json_pointer(pointer)] = value;
  return json;
}

// Nothing where the folder does not load, which fails the test.
inline std::unique_ptr<Tokenizer> load_case(const nlohmann::json& entry) {
  const TempDir folder;
  if (entry.contains("tokenizer") || entry.contains("base"))
    std::ofstream(folder.file("tokenizer.json")) << tokenizer_json_of(entry).dump();
  for (const auto& [name, content] : entry["files"].items())
    std::ofstream(folder.file(name)) << (content.is_string() ? content.get<std::string>() : content.dump());
  auto loaded = load_tokenizer(folder.path());
  EXPECT_TRUE(loaded.is_ok()) << entry["name"] << ": " << loaded.status().message();
  return loaded ? std::move(loaded).value() : nullptr;
}

}  // namespace memo::test
