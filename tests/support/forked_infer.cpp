#include "tests/support/forked_infer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <system_error>

#include "tools/memo-infer/command.h"

namespace memo::test {
namespace {

void open_as(int descriptor, const std::string& path, int flags) {
  const int opened = ::open(path.c_str(), flags, 0600);
  if (opened < 0 || ::dup2(opened, descriptor) < 0) ::_exit(127);
  ::close(opened);
}

[[noreturn]] void be_infer(std::vector<std::string> words, const std::string& output, const std::string& errors) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
  open_as(STDIN_FILENO, "/dev/null", O_RDONLY);
  open_as(STDOUT_FILENO, output, flags);
  open_as(STDERR_FILENO, errors, flags);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int code = memo_infer(static_cast<int>(words.size()), arguments.data());
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

Finished infer_in_child(const std::vector<std::string>& arguments, const std::string& folder) {
  const std::string output = folder + "/infer.out", errors = folder + "/infer.err";
  std::vector<std::string> words = {"memo-infer"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) be_infer(std::move(words), output, errors);
  int status = 0;
  ::waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read_file(output), read_file(errors)};
}

}  // namespace memo::test
