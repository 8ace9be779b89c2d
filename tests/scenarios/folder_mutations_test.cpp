// A folder whose files say something else, or nonsense, is refused, or gives what the reference gives; never the old
// result, nor another one.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cctype>

#include "tests/scenarios/folder_case.h"

namespace memo::test {
namespace {

constexpr double kToRoundedReference = 1.1e-4;  // 1e-4, and what the file's five decimals leave out

class AlteredFolder : public testing::TestWithParam<FolderMutation> {};

// The reference fails: so do we, or the field is one of those that change no number and we pass it over.
void expect_passed_over(const FolderMutation& mutation, const nlohmann::json& lines) {
  EXPECT_TRUE(mutation.fields.value("ignorable", false)) << "the reference fails, we answer " << lines.dump();
  EXPECT_LE(largest_difference(FolderCase::read(mutation.case_name()).fields["output"], lines),
            kToRoundedReference);
}

TEST_P(AlteredFolder, IsRefusedOrGivesWhatTheReferenceGives) {
  const FolderMutation& mutation = GetParam();
  SCOPED_TRACE(mutation.fields.dump());
  const AssembledFolder folder(mutation.case_name());
  mutation.apply_to(folder);
  const Finished finished = folder.infer(FolderCase::read(mutation.case_name()).fields, {"--threads", "1"});
  if (finished.exit_code != 0) {
    EXPECT_TRUE(finished.exit_code == 1 || finished.exit_code == 2) << "exit code " << finished.exit_code;
    return;
  }
  const nlohmann::json lines = read_lines(folder.output());
  if (!mutation.fields.contains("output")) return expect_passed_over(mutation, lines);
  EXPECT_LE(largest_difference(mutation.fields["output"], lines), kToRoundedReference)
      << "we answer " << lines.dump();
}

std::string mutation_name(const testing::TestParamInfo<FolderMutation>& info) {
  std::string name = info.param.case_name() + "_" + info.param.fields["file"].get<std::string>();
  if (info.param.fields.contains("path")) {
    for (const auto& key : info.param.fields["path"])
      name += "_" + (key.is_string() ? key.get<std::string>() : key.dump());
  }
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return std::to_string(info.index) + "_" + name;
}

INSTANTIATE_TEST_SUITE_P(Mutations, AlteredFolder, testing::ValuesIn(folder_mutations()), mutation_name);

}  // namespace
}  // namespace memo::test
