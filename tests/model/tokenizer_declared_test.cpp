// Folders whose files have to be brought together: everything equals what transformers.AutoTokenizer makes of them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/model/tokenizer_case.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

struct DeclaredCase {
  std::string group;
  Json entry;
};

void PrintTo(const DeclaredCase& declared, std::ostream* out) {
  *out << declared.group << ": " << declared.entry["name"];
}

std::vector<DeclaredCase> all_cases() {
  std::vector<DeclaredCase> cases;
  for (const char* group : {"bert_classes", "other_classes", "vocabularies", "special_tokens", "added_tokens",
                            "lengths", "pairs", "splits", "bpe_options", "word_pieces"})
    for (Json& entry : test::golden(std::string("tokenizers/declared/") + group + ".json"))
      cases.push_back({group, std::move(entry)});
  return cases;
}

std::string name_of(const testing::TestParamInfo<DeclaredCase>& instance) {
  std::string name = instance.param.group + "_" + std::to_string(instance.index) + "_" +
                     instance.param.entry["name"].get<std::string>();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

class DeclaredTokenizerTest : public testing::TestWithParam<DeclaredCase> {
 protected:
  void SetUp() override {
    sut_ = test::load_case(entry_);
    ASSERT_NE(sut_, nullptr);
  }

  const Json& entry_ = GetParam().entry;
  std::unique_ptr<Tokenizer> sut_;
};

TEST_P(DeclaredTokenizerTest, GivesTheReferencesIds) {
  for (const Json& text : entry_["texts"]) {
    const Ids expected = text[2].get<Ids>();
    const Ids ids = sut_->encode(text[0].get<std::string>(), text[1].get<std::size_t>());
    if (expected.empty()) {
      EXPECT_EQ(ids.size(), 1U) << text;
    } else {
      EXPECT_EQ(ids, expected) << text;
    }
  }
}

TEST_P(DeclaredTokenizerTest, GivesTheReferencesPairs) {
  for (const Json& pair : entry_["pairs"]) {
    ASSERT_TRUE(sut_->takes_pairs());
    const PairEncoding encoding =
        sut_->encode_pair(pair[0].get<std::string>(), pair[1].get<std::string>(), pair[2].get<std::size_t>());
    if (pair[3].empty()) {
      EXPECT_EQ(encoding.ids.size(), 1U) << pair;
      continue;
    }
    EXPECT_EQ(encoding.ids, pair[3].get<Ids>()) << pair;
    EXPECT_EQ(encoding.types, pair[4].get<Ids>()) << pair;
  }
}

TEST_P(DeclaredTokenizerTest, SaysOfItselfWhatTheReferenceSays) {
  const Ids special = entry_["special_ids"].get<Ids>();
  EXPECT_EQ(sut_->vocabulary_size(), entry_["size"].get<std::int32_t>());
  for (std::int32_t id = 0; id < sut_->vocabulary_size(); ++id)
    EXPECT_EQ(sut_->is_special(id), std::find(special.begin(), special.end(), id) != special.end()) << id;
  if (!entry_["pad"].is_null()) {
    EXPECT_EQ(sut_->pad_id(), entry_["pad"].get<std::int32_t>());
  }
  const Json length = sut_->max_length() ? Json(*sut_->max_length()) : Json();
  EXPECT_EQ(length, entry_["max_length"]);
}

INSTANTIATE_TEST_SUITE_P(Folders, DeclaredTokenizerTest, testing::ValuesIn(all_cases()), name_of);

}  // namespace
}  // namespace memo
