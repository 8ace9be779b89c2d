#include "embed/files/draft_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/embed/output_folder.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

class DraftFileTest : public test::OutputFolder, public testing::WithParamInterface<DraftFile::Naming> {
 protected:
  DraftFile draft() const { return std::move(*DraftFile::create(*OutputPlace::find(path("out")), GetParam())); }
  static void write(const DraftFile& draft, const std::string& text) {
    EXPECT_EQ(::write(draft.descriptor(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string draft_name(pid_t process, int attempt) const {
    return ".out.memo-" + std::to_string(process) + "-" + std::to_string(attempt);
  }
};

TEST_P(DraftFileTest, TakesThePlaceOrGoes) {
  put(path("out"), "old");
  {
    const DraftFile dropped = draft();
    write(dropped, "half");
    EXPECT_EQ(text_of(path("out")), "old");
  }
  EXPECT_EQ(names(), std::set<std::string>{"out"});
  DraftFile sut = draft();
  write(sut, "new");
  const Status placed = sut.take_place();
  EXPECT_TRUE(placed) << placed.message();
  EXPECT_EQ(text_of(path("out")), "new");
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_P(DraftFileTest, TwoDraftsOfOnePlaceAreApart) {
  DraftFile first = draft(), second = draft();
  write(first, "first");
  write(second, "second");
  EXPECT_TRUE(second.take_place() && first.take_place());
  EXPECT_EQ(text_of(path("out")), "first");
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_P(DraftFileTest, WhatAnotherProcessLeftIsNotTouched) {
  put(path(draft_name(::getpid(), 0)), "left");
  DraftFile sut = draft();
  write(sut, "new");
  EXPECT_TRUE(sut.take_place());
  EXPECT_EQ(text_of(path("out")), "new");
  EXPECT_EQ(text_of(path(draft_name(::getpid(), 0))), "left");
}

TEST_P(DraftFileTest, PlaceThatBecameAFolderIsAnErrorAndTheDraftGoes) {
  DraftFile sut = draft();
  fs::create_directory(path("out"));
  EXPECT_NE(sut.take_place().message().find("cannot be replaced"), std::string::npos);
  { const DraftFile moved = std::move(sut); }
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_P(DraftFileTest, KilledProcessLeavesTheOldFileAndAtMostANamedDraft) {
  put(path("out"), "old");
  const pid_t child = ::fork();
  if (child == 0) {
    const DraftFile sut = draft();
    (void)!::write(sut.descriptor(), "half", 4);
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(text_of(path("out")), "old");
  const std::set<std::string> left = names();
  const std::set<std::string> nothing{"out"}, one_draft{"out", draft_name(child, 0)};
  // Not every file system has nameless files.
  EXPECT_TRUE(left == one_draft || (left == nothing && GetParam() != DraftFile::Naming::named));
}

INSTANTIATE_TEST_SUITE_P(Naming, DraftFileTest,
                         testing::Values(DraftFile::Naming::nameless_where_possible, DraftFile::Naming::named),
                         [](const auto& info) {
                           return info.param == DraftFile::Naming::named ? "Named" : "NamelessWherePossible";
                         });

}  // namespace
}  // namespace memo
