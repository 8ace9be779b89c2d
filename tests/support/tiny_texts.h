// Texts for the tiny model in tests/data/tiny-bert, as a JSON Lines file.
#pragma once

#include <cctype>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace memo::test {

// Twelve words each, of two vocabularies that hardly overlap, one a label.
class TinyTexts {
 public:
  TinyTexts() {
    std::ifstream file(std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert/vocab.txt");
    for (std::string word; std::getline(file, word);)
      if (!word.empty() && std::isalpha(static_cast<unsigned char>(word[0]))) words_.push_back(word);
    while (words_.size() < 120) words_.push_back(words_[words_.size() / 2]);
  }

  std::string line(int id, const std::string& label) {
    std::string text;
    const int first = label == "b" ? 60 : 5;
    for (int word = 0; word < 12; ++word)
      text += words_[static_cast<std::size_t>(first + static_cast<int>(random_() % 50))] + " ";
    return "{\"id\": " + std::to_string(id) + ", \"text\": \"" + text + "\", \"label\": \"" + label + "\"}\n";
  }
  // Labels take turns: "a", and the other one.
  void write(const std::string& path, int texts, const std::string& second = "b") {
    std::ofstream file(path);
    for (int i = 0; i < texts; ++i) file << line(i, i % 2 == 0 ? "a" : second);
  }

 private:
  std::vector<std::string> words_;
  std::mt19937 random_{7};
};

}  // namespace memo::test
