// Real mails through memo-infer, each at the model's own length: what sentence-transformers gives.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "tests/scenarios/folder_case.h"
#include "tests/support/forked_infer.h"

namespace memo::test {
namespace {

constexpr std::size_t kProducts = 8;

struct Model {
  const char* folder_variable;
  const char* golden;  // in tests/data, made by golden/check_mails.py
  friend void PrintTo(const Model& model, std::ostream* out) { *out << model.golden; }
};

// The products of an embedding with the sign vectors that check_mails.py describes.
std::vector<double> products_of(const std::vector<double>& embedding) {
  std::uint64_t state = 1;
  std::vector<double> products(kProducts, 0.0);
  for (double& product : products) {
    for (const double value : embedding) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      product += (state >> 63) != 0 ? -value : value;
    }
    product /= std::sqrt(static_cast<double>(embedding.size()));
  }
  return products;
}

void copy_lines(const std::string& from, std::size_t step, std::size_t count, const std::string& to) {
  std::ifstream source(from);
  std::ofstream target(to);
  std::string line;
  for (std::size_t number = 0; number < step * count && std::getline(source, line); ++number)
    if (number % step == 0) target << line << "\n";
}

class MailResults : public testing::TestWithParam<Model> {};

TEST_P(MailResults, EqualThoseOfTheReference) {
  const char* const model = std::getenv(GetParam().folder_variable);
  const char* const mails = std::getenv("MEMO_MAIL_FILE");
  if (model == nullptr) GTEST_SKIP() << GetParam().folder_variable << " does not name the model (tools/fetch)";
  if (mails == nullptr) GTEST_SKIP() << "MEMO_MAIL_FILE does not name the mails (tools/fetch)";
  const auto golden =
      nlohmann::json::parse(read_file(std::string(MEMO_SOURCE_DIR) + "/tests/data/" + GetParam().golden));
  const nlohmann::json& expected = golden.at("products");
  const TempDir folder;
  copy_lines(mails, golden.at("step"), expected.size(), folder.file("mails"));

  const Finished finished = infer_in_child({"--model", model, "--input", folder.file("mails"), "--output",
                                            folder.file("output"), "--memo", "none", "--threads", "2"},
                                           folder.path());

  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const nlohmann::json lines = read_lines(folder.file("output"));
  ASSERT_EQ(lines.size(), expected.size());
  std::vector<std::size_t> wrong;  // mails
  for (std::size_t mail = 0; mail < expected.size(); ++mail) {
    const auto embedding = lines[mail].at("embedding").get<std::vector<double>>();
    ASSERT_EQ(embedding.size(), golden.at("dimension").get<std::size_t>());
    if (!(largest_difference(products_of(embedding), expected[mail]) <= kToReference)) wrong.push_back(mail);
  }
  EXPECT_TRUE(wrong.empty()) << wrong.size() << " of " << expected.size() << " mails, the first is "
                             << wrong.front();
}

INSTANTIATE_TEST_SUITE_P(Models, MailResults,
                         testing::Values(Model{"MEMO_MODEL_DIR", "minilm-mails.json"},
                                         Model{"MEMO_MPNET_DIR", "mpnet-mails.json"}),
                         [](const auto& info) { return std::string(info.index == 0 ? "MiniLM" : "MPNet"); });

}  // namespace
}  // namespace memo::test
