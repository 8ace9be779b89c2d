// What goes to stderr, and what becomes of a program where nothing can.
#include "client/process/stderr_text.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "client/process/daemon_log.h"
#include "client/process/standard_streams.h"
#include "tests/support/exit_of_child.h"

namespace memo {
namespace {

using std::chrono::steady_clock;
using test::exit_of_child;

TEST(OneLine, KeepsTextAndEscapesWhatMovesATerminal) {
  EXPECT_EQ(one_line("größe 5 µs, 日本, 🙂"), "größe 5 µs, 日本, 🙂");
  EXPECT_EQ(one_line("a\nb\r\t\x1b[2J\x7f"), "a\\x0ab\\x0d\\x09\\x1b[2J\\x7f");
  EXPECT_EQ(one_line(std::string_view("\0x", 2)), "\\x00x");
}

TEST(OneLine, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(one_line("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(one_line("\xc0\xaf"), "\\xc0\\xaf");                    // longer than need be
  EXPECT_EQ(one_line("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // half of a pair
  EXPECT_EQ(one_line("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  EXPECT_EQ(one_line("\xc2\x9b"), "\\xc2\\x9b");                    // a control character of eight bits
}

TEST(OneLine, IsCut) {
  const std::string line = one_line(std::string(5000, 'x'));
  EXPECT_EQ(line, std::string(2000, 'x') + "... (3000 more bytes)");
}

TEST(Stderr, ClosedOneLosesWordsAndNothingElse) {
  EXPECT_EQ(exit_of_child([] {
              ::close(STDERR_FILENO);
              guard_standard_streams();
              say("test", "nobody hears this");
              return is_anything_unsaid() ? 7 : 0;
            }),
            7);
}

TEST(Stderr, ClosedStreamsAreNotTakenByTheNextFile) {
  EXPECT_EQ(exit_of_child([] {
              for (int fd = 0; fd < 3; ++fd) ::close(fd);
              guard_standard_streams();
              const int next = ::open("/dev/zero", O_RDWR);
              char byte = 0;
              const bool useless = ::read(0, &byte, 1) < 0 && ::write(1, &byte, 1) < 0 && ::write(2, &byte, 1) < 0;
              return next >= 3 && useless && !write_stdout("x") ? 7 : 0;
            }),
            7);
}

TEST(Stderr, ReaderThatIsGoneOrAFullDiskKillsNobody) {
  EXPECT_EQ(exit_of_child([] {
              guard_standard_streams();
              int ends[2];
              if (::pipe(ends) != 0) return 1;
              ::dup2(ends[1], STDERR_FILENO);
              ::close(ends[0]);
              const bool lost = !write_stderr("x", Patience::a_second);
              ::dup2(::open("/dev/full", O_WRONLY), STDERR_FILENO);
              return lost && !write_stderr("x", Patience::a_second) ? 7 : 0;
            }),
            7);
}

// As a pipe and as a socket; two writers, so that the pipe fills between a question and a write.
TEST(Stderr, ReaderThatDoesNotReadIsNotWaitedForByADaemon) {
  for (const bool is_socket : {false, true}) {
    const int code = exit_of_child([is_socket] {
      guard_standard_streams();
      int ends[2];
      if ((is_socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : ::pipe(ends)) != 0) return 1;
      ::dup2(ends[1], STDERR_FILENO);
      ::alarm(10);  // ends whoever waits
      int taken = 0;
      while (write_stderr(std::string(1000, 'x') + "\n", Patience::none)) ++taken;
      return taken > 10 ? 7 : 0;
    });
    EXPECT_EQ(code, 7) << (is_socket ? "socket" : "pipe");
  }
}

TEST(Stderr, ToolWaitsASecondInAllForAReaderThatDoesNotRead) {
  EXPECT_EQ(exit_of_child([] {
              guard_standard_streams();
              int ends[2];
              if (::pipe(ends) != 0) return 1;
              ::dup2(ends[1], STDERR_FILENO);
              ::alarm(20);  // were it a second each time, it would be five minutes
              for (int i = 0; i < 300; ++i) say_lines(std::string(1000, 'x') + "\n");
              return is_anything_unsaid() ? 7 : 0;
            }),
            7);
}

TEST(Stderr, SlowReaderGetsEverything) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text(300'000, 'y');
  const pid_t writer = ::fork();
  if (writer == 0) {
    ::close(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::_exit(write_stderr(text, Patience::a_second) ? 7 : 0);
  }
  ::close(ends[1]);
  std::size_t bytes = 0;
  char buffer[30'000];
  for (ssize_t count; (count = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    bytes += static_cast<std::size_t>(count);
    ::usleep(5000);
  }
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(writer, &status, 0), writer);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(bytes, text.size());
}

TEST(StandardStreams, FileBeyondItsLimitIsAnErrorOfTheWrite) {
  EXPECT_EQ(exit_of_child([] {
              guard_standard_streams();
              const rlimit limit{10, 10};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              const int file = ::open("/tmp", O_TMPFILE | O_WRONLY, 0600);
              ::dup2(file, STDOUT_FILENO);
              return write_stdout(std::string(100, 'x')) ? 0 : 7;
            }),
            7);
}

class DaemonLogTest : public testing::Test {
 protected:
  void write(const std::string& text, double at_s) {
    sut_.write(text,
               steady_clock::time_point() + std::chrono::milliseconds(static_cast<int>(1000 * at_s) + 1'000'000));
  }

  bool taken_ = true;
  std::vector<std::string> lines_;
  DaemonLog sut_{"memod", [this](std::string_view line) {
                   if (taken_) lines_.emplace_back(line);
                   return taken_;
                 }};
};

TEST_F(DaemonLogTest, ALineIsOneLineWhateverIsInIt) {
  write("client \"a\nmemod: ready\"", 0);
  EXPECT_EQ(lines_, std::vector<std::string>{"memod: client \"a\\x0amemod: ready\"\n"});
}

TEST_F(DaemonLogTest, WhatComesTooFastIsLeftOutAndCounted) {
  for (int i = 0; i < 1000; ++i) write("again", 0);
  EXPECT_EQ(lines_.size(), 100u);
  write("later", 1);
  ASSERT_EQ(lines_.size(), 101u);
  EXPECT_EQ(lines_.back(), "memod: 900 lines were left out here\nmemod: later\n");
  write("once more", 1);
  EXPECT_EQ(lines_.back(), "memod: once more\n");
}

TEST_F(DaemonLogTest, WhatCannotBeWrittenIsCounted) {
  taken_ = false;
  write("lost", 0);
  write("lost, too", 0);
  taken_ = true;
  write("heard", 0);
  EXPECT_EQ(lines_, std::vector<std::string>{"memod: 2 lines were left out here\nmemod: heard\n"});
}

}  // namespace
}  // namespace memo
