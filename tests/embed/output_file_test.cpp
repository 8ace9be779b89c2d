#include "embed/files/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "tests/embed/output_folder.h"
#include "tests/support/exit_of_child.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public test::OutputFolder {
 protected:
  static std::string message(const std::string& path) { return OutputFile::create(path).status().message(); }
};

TEST_F(OutputFileTest, FileIsReplacedWhenItIsComplete) {
  put(path("out"), "old");
  auto file = OutputFile::create(path("out"));
  ASSERT_TRUE(file) << file.status().message();
  ASSERT_TRUE(file->write(std::string(1 << 20, 'x')));
  EXPECT_EQ(text_of(path("out")), "old");
  ASSERT_TRUE(file->close());
  EXPECT_EQ(text_of(path("out")), std::string(1 << 20, 'x'));
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_F(OutputFileTest, WhatIsNotClosedLeavesWhatWasThere) {
  put(path("out"), "old");
  for (const char* name : {"out", "absent"}) {
    auto file = OutputFile::create(path(name));
    ASSERT_TRUE(file && file->write("new"));
  }
  EXPECT_EQ(text_of(path("out")), "old");
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_F(OutputFileTest, ACheckedPlaceIsLeftAsItWas) {
  put(path("out"), "old");
  for (const std::string& place : {path("out"), path("absent"), std::string("-"), std::string()})
    EXPECT_TRUE(check_output(place)) << place;
  EXPECT_FALSE(check_output(path("no-folder/out")));
  EXPECT_FALSE(check_output(path(".")));
  EXPECT_EQ(text_of(path("out")), "old");
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

TEST_F(OutputFileTest, ModeIsThatOfTheReplacedFileOrOfANewOne) {
  put(path("out"), "old");
  ASSERT_EQ(::chmod(path("out").c_str(), 0604), 0);
  const mode_t before = ::umask(027);
  EXPECT_TRUE(write_file(path("out"), "new"));
  EXPECT_TRUE(write_file(path("made"), "new"));
  ::umask(before);
  EXPECT_EQ(mode_of(path("out")), 0604u);
  EXPECT_EQ(mode_of(path("made")), 0640u);
}

TEST_F(OutputFileTest, LinksStayAndTheirTargetIsReplaced) {
  fs::create_directory(path("folder"));
  put(path("folder/file"), "old");
  fs::create_symlink("folder/file", path("link"));
  fs::create_symlink(path("link"), path("link to link"));
  fs::create_symlink("folder/absent", path("dangling"));
  EXPECT_TRUE(write_file(path("link to link"), "new"));
  EXPECT_TRUE(write_file(path("dangling"), "made"));
  EXPECT_TRUE(fs::is_symlink(path("link")) && fs::is_symlink(path("link to link")));
  EXPECT_EQ(text_of(path("folder/file")), "new");
  EXPECT_EQ(text_of(path("folder/absent")), "made");
}

TEST_F(OutputFileTest, OtherHardLinkKeepsWhatItHad) {
  put(path("out"), "old");
  fs::create_hard_link(path("out"), path("other"));
  EXPECT_TRUE(write_file(path("out"), "new"));
  EXPECT_EQ(text_of(path("other")), "old");
}

TEST_F(OutputFileTest, WhatIsNoFileIsWrittenAsItIs) {
  EXPECT_TRUE(write_file("/dev/null", "x"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_NE(write_file("/dev/full", "x").message().find("No space left"), std::string::npos);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  const int reader = ::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE(write_file(path("fifo"), "through"));
  char read[16] = {};
  EXPECT_EQ(::read(reader, read, sizeof read), 7);
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(path("fifo")));
}

TEST_F(OutputFileTest, OpenDescriptorIsWrittenThroughItsName) {
  put(path("out"), "old");
  const int open = ::open(path("out").c_str(), O_RDONLY);
  fs::create_symlink("/dev/fd/" + std::to_string(open), path("link"));
  EXPECT_TRUE(write_file(path("link"), "new"));
  char read[16] = {};
  EXPECT_EQ(::read(open, read, sizeof read), 3);  // the same file, and not one that took its place
  ::close(open);
}

TEST_F(OutputFileTest, PlacesThatTakeNoFileAreNamed) {
  fs::create_directory(path("folder"));
  fs::create_symlink("loop", path("loop"));
  put(path("file"), "");
  EXPECT_EQ(OutputFile::create(path("folder")).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(message(path("folder")), path("folder") + ": is a folder, not a file");
  EXPECT_EQ(message(path("absent/")), path("absent/") + ": is a folder, not a file");
  EXPECT_NE(message(path("no/such")).find("No such file or directory"), std::string::npos);
  EXPECT_NE(message(path("file/in/file")).find("Not a directory"), std::string::npos);
  EXPECT_NE(message(path("loop")).find("symbolic links"), std::string::npos);
  EXPECT_NE(message(path(std::string(300, 'n'))).find("too long"), std::string::npos);
  EXPECT_FALSE(OutputFile::create(""));
}

TEST_F(OutputFileTest, LongestNameHasRoomForItsDraft) {
  const std::string name(255, 'n');
  auto draft = DraftFile::create(*OutputPlace::find(path(name)), DraftFile::Naming::named);
  ASSERT_TRUE(draft) << draft.status().message();
  EXPECT_TRUE(draft->take_place());
  EXPECT_TRUE(write_file(path(name), "x"));
  EXPECT_EQ(names(), std::set<std::string>{name});
}

TEST_F(OutputFileTest, FullDiskLeavesWhatWasThere) {
  put(path("out"), "old");
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{4096, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status large = write_file(path("out"), std::string(1 << 16, 'x'));
  const Status made = write_file(path("made"), std::string(1 << 16, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(large.message(), path("out") + ": write failed: File too large");
  EXPECT_FALSE(made);
  EXPECT_EQ(text_of(path("out")), "old");
  EXPECT_EQ(names(), std::set<std::string>{"out"});
}

// Root may write everything: what follows is tried as nobody in particular.
class Unprivileged : public OutputFileTest {
 protected:
  void SetUp() override {
    put(path("out"), "old");
    if (::geteuid() != 0) return;
    constexpr uid_t kNobody = 65534;
    ASSERT_EQ(::chown(folder_.path().c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(::chown(path("out").c_str(), kNobody, kNobody), 0);
    was_root_ = ::seteuid(kNobody) == 0;
  }
  void TearDown() override {
    const bool is_root_again = !was_root_ || ::seteuid(0) == 0;
    EXPECT_TRUE(is_root_again && ::chmod(folder_.path().c_str(), 0700) == 0);
  }
  bool was_root_ = false;
};

TEST_F(Unprivileged, FileThatMayNotBeWrittenIsNotReplaced) {
  ASSERT_EQ(::chmod(path("out").c_str(), 0444), 0);
  EXPECT_EQ(message(path("out")), path("out") + ": cannot be written: Permission denied");
  EXPECT_EQ(text_of(path("out")), "old");
}

TEST_F(Unprivileged, FolderThatTakesNoNewFileIsNamedAsTheCause) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0500), 0);
  EXPECT_NE(message(path("out")).find("no new file can be made in its folder"), std::string::npos);
  EXPECT_EQ(message(path("made")), path("made") + ": cannot be written: Permission denied");
  EXPECT_EQ(text_of(path("out")), "old");
}

TEST_F(Unprivileged, FolderThatCannotBeListedTakesFiles) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0300), 0);
  EXPECT_TRUE(write_file(path("out"), "new"));
  EXPECT_EQ(text_of(path("out")), "new");
}

TEST_F(OutputFileTest, MountedFileIsRefused) {
  put(path("out"), "old");
  put(path("other"), "mounted");
  constexpr int kNoMounts = 77;
  const int answer = test::exit_of_child([&] {
    if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) return kNoMounts;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNoMounts;
    if (::mount(path("other").c_str(), path("out").c_str(), nullptr, MS_BIND, nullptr) != 0) return kNoMounts;
    return message(path("out")).find("mount point") != std::string::npos ? 0 : 1;
  });
  if (answer == kNoMounts) GTEST_SKIP() << "this process may not mount anything";
  EXPECT_EQ(answer, 0);
}

}  // namespace
}  // namespace memo
