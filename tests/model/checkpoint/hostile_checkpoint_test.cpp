// Whatever bytes a checkpoint's files hold, loading it gives a checkpoint or an error.
#include <gtest/gtest.h>

#include <random>

#include "tests/support/model_folder.h"

namespace memo {
namespace {

using Random = std::mt19937;

constexpr int kRounds = 150;  // a file of each of nine models: 2700 in all
constexpr std::size_t kMaxText = std::size_t{1} << 24;

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : random() % limit;
}

// What a hostile number looks like to a parser.
std::string odd_token(Random& random) {
  static constexpr const char* kTokens[] = {"-1", "0",    "1e999", "18446744073709551615", "9223372036854775808",
                                            "[]", "null", "\"\"",  "{\"a\":{\"a\":{}}}",   "4294967296"};
  return kTokens[below(random, std::size(kTokens))];
}

// Changes bytes of text[0, limit).
void mutate(std::string& text, std::size_t limit, Random& random) {
  const std::size_t at = below(random, std::min(limit, text.size()));
  switch (random() % 6) {
    case 0:
      text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
      return;
    case 1:
      text[at] = static_cast<char>(random());
      return;
    case 2:
      text.resize(at);
      return;
    case 3:
      text.erase(at, 1 + below(random, 20));
      return;
    case 4:
      text.insert(at, text.substr(below(random, limit), below(random, 40)));
      return;
    default:  // a number becomes another value
      if (const auto digit = text.find_first_of("0123456789", at); digit < limit)
        text.replace(digit, text.find_first_not_of("0123456789.e-", digit) - digit, odd_token(random));
  }
}

std::string read(const std::string& path) {
  return read_text_file(path, kMaxText).value();
}

// Bytes of a safetensors file's header, with its length.
std::size_t header_bytes(const std::string& file) {
  std::uint64_t length = 0;
  file.copy(reinterpret_cast<char*>(&length), sizeof length);
  return sizeof length + length;
}

// How often a mutation still loads; every load has ended.
int loads_of_mutations(const test::ModelFolder& folder, const std::string& file, std::size_t limit,
                       Random& random) {
  const std::string original = read(folder.file(file));
  int loaded = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string changed = original;
    const std::size_t mutations = 1 + below(random, 3);
    for (std::size_t i = 0; i < mutations && !changed.empty(); ++i)
      mutate(changed, std::min(limit, changed.size()), random);
    folder.write_text(file, changed);
    const auto checkpoint = Checkpoint::load(folder.path());
    EXPECT_TRUE(checkpoint.is_ok() || !checkpoint.status().message().empty());
    loaded += checkpoint.is_ok();
  }
  folder.write_text(file, original);
  return loaded;
}

class HostileCheckpointTest : public testing::TestWithParam<const char*> {};

TEST_P(HostileCheckpointTest, AChangedConfigLoadsOrFailsWithAMessage) {
  const test::ModelFolder folder(std::string("families/") + GetParam());
  Random random(1);
  const int loaded = loads_of_mutations(folder, "config.json", kMaxText, random);
  EXPECT_GT(loaded, 0);  // fields that nobody reads
  EXPECT_LT(loaded, kRounds);
}

TEST_P(HostileCheckpointTest, AChangedHeaderLoadsOrFailsWithAMessage) {
  const test::ModelFolder folder(std::string("families/") + GetParam());
  Random random(2);
  const std::size_t limit = header_bytes(read(folder.weights_path()));
  EXPECT_LT(loads_of_mutations(folder, "model.safetensors", limit, random), kRounds);
}

INSTANTIATE_TEST_SUITE_P(Models, HostileCheckpointTest,
                         testing::Values("bert-classifier", "distilbert-classifier", "roberta-classifier",
                                         "deberta-v3-classifier", "deberta-v2", "gpt2", "gpt2-classifier", "mpnet",
                                         "mpnet-classifier"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace memo
