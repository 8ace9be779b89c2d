// Inputs of the model's tests: the tiny model in the tree, its golden outputs, and the real model where there is one.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include "embed/json/json_text.h"

namespace memo::test {

inline std::string data_path(const std::string& name) {
  return std::string(MEMO_SOURCE_DIR) + "/tests/data/" + name;
}

inline nlohmann::json golden(const std::string& name) {
  auto json = read_json_file(data_path(name), std::size_t{16} << 20);
  EXPECT_TRUE(json.is_ok()) << json.status().message();
  return std::move(json).value();
}

// The folder of the real MiniLM, which is too large for the tree; empty when the caller has none.
inline std::string real_model() {
  const char* folder = std::getenv("MEMO_MODEL_DIR");
  return folder == nullptr ? "" : folder;
}

// The text of a golden entry: "text", or "hex" for bytes that are not UTF-8.
inline std::string text_of(const nlohmann::json& entry) {
  if (entry.contains("text")) return entry["text"].get<std::string>();
  const auto hex = entry["hex"].get<std::string>();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

inline std::vector<std::int32_t> ids_of(const nlohmann::json& entry) {
  return entry["ids"].get<std::vector<std::int32_t>>();
}

}  // namespace memo::test
