// Pools in a folder that others may write: what lies under the name is opened only when it is safely this user's.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "memod/store/pool/file/own_file.h"
#include "memod/store/pool/file/pool_file.h"
#include "tests/support/pool/pool_fixture.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebody = 12345;

class PoolOwner : public PoolFixture {
 protected:
  // What opening says: in one line, with the file's name and the code.
  void expect_refused(const std::string& text, StatusCode code = StatusCode::invalid_argument) {
    const auto pool = try_open(kSmallPool);
    ASSERT_FALSE(pool.is_ok());
    const std::string message = pool.status().message();
    EXPECT_EQ(pool.status().code(), code) << message;
    EXPECT_NE(message.find(path()), std::string::npos) << message;
    EXPECT_NE(message.find(text), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  // The exit code of `work` in a child of another user.
  static int as_somebody(const std::function<bool()>& work) {
    const pid_t child = fork();
    if (child == 0) _exit(setgid(kSomebody) == 0 && setuid(kSomebody) == 0 && work() ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  struct stat info() const {
    struct stat status {};
    EXPECT_EQ(lstat(path().c_str(), &status), 0);
    return status;
  }
};

TEST_F(PoolOwner, SymbolicLinkIsRefusedAndSaysSo) {
  create();
  fs::rename(path(), folder_.file("real"));
  fs::create_symlink(folder_.file("real"), path());
  expect_refused("is a symbolic link");
}

TEST_F(PoolOwner, DanglingLinkIsNotCreatedThrough) {
  fs::create_symlink(folder_.file("target"), path());
  expect_refused("is a symbolic link");
  EXPECT_FALSE(fs::exists(folder_.file("target")));
}

TEST_F(PoolOwner, LinkedFolderIsFine) {
  create();
  fs::create_directory_symlink(folder_.path(), folder_.file("alias"));
  path_ = folder_.file("alias/pool");
  EXPECT_TRUE(try_open().is_ok());
}

TEST_F(PoolOwner, FifoIsRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  expect_refused("is a FIFO");
}

TEST_F(PoolOwner, SocketIsRefused) {
  const int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  expect_refused("is a socket");
  close(socket_fd);
}

TEST_F(PoolOwner, DeviceThatIsNotDaxIsRefused) {
  if (mknod(path().c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) GTEST_SKIP() << "devices cannot be made here";
  expect_refused("is no DAX device");
}

TEST_F(PoolOwner, AnotherUsersPoolIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  create();
  ASSERT_EQ(chown(path().c_str(), kSomebody, kSomebody), 0);
  expect_refused("belongs to user 12345");
}

TEST_F(PoolOwner, OwnAndRootsPoolsOpen) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  create();
  fs::permissions(folder_.path(), fs::perms::others_all, fs::perm_options::add);
  ASSERT_EQ(chown(path().c_str(), 0, kSomebody), 0);
  ASSERT_EQ(chmod(path().c_str(), 0660), 0);
  EXPECT_EQ(as_somebody([this] { return try_open().is_ok(); }), 0) << "root's, for the own group to write";
  ASSERT_EQ(chown(path().c_str(), kSomebody, kSomebody), 0);
  EXPECT_EQ(as_somebody([this] { return try_open().is_ok(); }), 0) << "the own";
  ASSERT_EQ(chown(path().c_str(), kSomebody + 1, kSomebody), 0);
  EXPECT_EQ(as_somebody([this] { return !try_open().is_ok(); }), 0) << "a third's";
}

TEST_F(PoolOwner, PoolThatOthersMayWriteIsRefused) {
  create();
  ASSERT_EQ(chmod(path().c_str(), 0602), 0);
  expect_refused("may be written by anybody (mode 0602)");
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);
  EXPECT_TRUE(try_open().is_ok()) << "reading is no harm";
}

TEST_F(PoolOwner, PoolOfAnotherGroupThatMayWriteIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  create();
  ASSERT_EQ(chmod(path().c_str(), 0660), 0);
  EXPECT_TRUE(try_open().is_ok()) << "the own group";
  ASSERT_EQ(chown(path().c_str(), 0, kSomebody), 0);
  expect_refused("may be written by group 12345");
}

TEST_F(PoolOwner, RefusedPoolIsLeftAsItIs) {
  create();
  ASSERT_EQ(chmod(path().c_str(), 0666), 0);
  const auto written = info().st_mtim;
  expect_refused("anybody");
  EXPECT_EQ(info().st_mode & 07777u, 0666u);
  EXPECT_EQ(written.tv_nsec, info().st_mtim.tv_nsec);
}

TEST_F(PoolOwner, DraftThatIsALinkOrAFifoIsNotTouched) {
  const std::string draft = path() + ".creating";
  std::ofstream(folder_.file("victim")) << "precious";
  fs::create_symlink(folder_.file("victim"), draft);
  expect_refused("is a symbolic link");
  EXPECT_EQ(fs::file_size(folder_.file("victim")), 8u);
  EXPECT_TRUE(fs::is_symlink(draft));
  fs::remove(draft);
  ASSERT_EQ(mkfifo(draft.c_str(), 0600), 0);
  expect_refused("is a FIFO");
}

TEST_F(PoolOwner, UmaskDoesNotWidenTheModeOfANewPool) {
  const mode_t before = umask(0);
  create();
  umask(before);
  EXPECT_EQ(info().st_mode & 07777u, 0600u);
}

// The name may stand for another file by the time a client attaches.
TEST_F(PoolOwner, ClientsGetThePoolThatIsOpenWhateverItsNameSays) {
  const auto pool = create();
  const ino_t inode = info().st_ino;
  fs::rename(path(), folder_.file("moved"));
  std::ofstream(path()) << "something else";
  const auto file = pool->open_read_only();
  ASSERT_TRUE(file.is_ok());
  struct stat status {};
  ASSERT_EQ(fstat(file->get(), &status), 0);
  EXPECT_EQ(status.st_ino, inode);
}

class SparsePool : public PoolOwner {};

TEST_F(SparsePool, GiantWithoutContentIsNoPool) {
  std::ofstream{path()};
  ASSERT_EQ(truncate(path().c_str(), off_t{1} << 40), 0);
  ASSERT_EQ(chmod(path().c_str(), 0600), 0);
  expect_refused("not a memod pool", StatusCode::corrupt);
  EXPECT_LT(info().st_blocks, 100);
}

TEST_F(SparsePool, PoolThatWasLengthenedToAGiantIsDamaged) {
  create_with_extent();
  ASSERT_EQ(truncate(path().c_str(), off_t{1} << 40), 0);
  expect_refused("was lengthened", StatusCode::corrupt);
  EXPECT_LT(static_cast<std::uint64_t>(info().st_blocks) * 512, 2 * kSmallPool);
}

TEST_F(SparsePool, HolesOfACopyAreFilledBeforeAnythingIsStored) {
  create_with_extent();
  ASSERT_EQ(truncate(path().c_str(), kSmallPool / 2), 0);
  ASSERT_EQ(truncate(path().c_str(), kSmallPool), 0);
  ASSERT_LT(static_cast<std::uint64_t>(info().st_blocks) * 512, kSmallPool);
  EXPECT_TRUE(try_open().is_ok());
  EXPECT_GE(static_cast<std::uint64_t>(info().st_blocks) * 512, kSmallPool);
}

}  // namespace
}  // namespace memo::test
