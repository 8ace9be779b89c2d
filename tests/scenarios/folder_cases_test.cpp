// What a model folder says is what comes out: the results of the reference implementations, or a refusal with reasons.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

#include "tests/scenarios/folder_case.h"

namespace memo::test {
namespace {

constexpr double kToItself = 1e-5;  // the same, in other batches
// ThreadSanitizer does not see how oneTBB, which is not instrumented, orders its tasks.
#ifdef __SANITIZE_THREAD__
constexpr char kThreads[] = "1";
#else
constexpr char kThreads[] = "2";
#endif

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

class Folder : public testing::TestWithParam<std::string> {
 protected:
  void expect_refusal(const Finished& finished) const {
    EXPECT_TRUE(finished.exit_code == 1 || finished.exit_code == 2) << "exit code " << finished.exit_code;
    for (const auto& part : case_.fields.value("refused", nlohmann::json::array())) {
      EXPECT_NE(finished.errors.find(part.get<std::string>()), std::string::npos)
          << "no '" << part.get<std::string>() << "' in: " << finished.errors;
    }
    EXPECT_TRUE(nothing_written()) << read_file(folder_.output());
  }
  void expect_output(const Finished& finished) const {
    ASSERT_EQ(finished.exit_code, 0) << finished.errors;
    const nlohmann::json lines = read_lines(folder_.output());
    EXPECT_LE(largest_difference(case_.fields["output"], lines), kToReference)
        << "expected " << case_.fields["output"].dump() << "\ngot " << lines.dump();
  }
  bool nothing_written() const {
    return !std::filesystem::exists(folder_.output()) || std::filesystem::is_empty(folder_.output());
  }

  const FolderCase case_ = FolderCase::read(GetParam());
  const AssembledFolder folder_{GetParam()};
};

TEST_P(Folder, GivesWhatTheReferenceGives) {
  SCOPED_TRACE(case_.fields["about"].get<std::string>());
  const Finished finished = folder_.infer(case_.fields, {"--threads", "1", "--batch", "1"});
  if (case_.must_refuse() || (case_.may_refuse() && finished.exit_code != 0)) {
    expect_refusal(finished);
  } else {
    expect_output(finished);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Folder, testing::ValuesIn(folder_case_names()), test_name);

class AnsweredFolder : public Folder {
 protected:
  nlohmann::json lines_of(const std::string& batch, const std::string& threads) const {
    const Finished finished = folder_.infer(case_.fields, {"--batch", batch, "--threads", threads});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return finished.exit_code == 0 ? read_lines(folder_.output()) : nlohmann::json("none");
  }
};

TEST_P(AnsweredFolder, GivesTheSameInEveryBatchAndThread) {
  const nlohmann::json alone = lines_of("1", "1"), together = lines_of("8", kThreads);
  EXPECT_LE(largest_difference(alone, together), kToItself) << alone.dump() << "\n" << together.dump();
}

std::vector<std::string> answered_cases() {
  std::vector<std::string> names = folder_case_names();
  std::erase_if(names, [](const std::string& name) { return FolderCase::read(name).may_refuse(); });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, AnsweredFolder, testing::ValuesIn(answered_cases()), test_name);

}  // namespace
}  // namespace memo::test
