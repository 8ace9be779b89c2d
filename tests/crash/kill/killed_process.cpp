#include "tests/crash/kill/killed_process.h"

#include "tests/crash/examiner.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <system_error>

namespace memo::test {
namespace {

[[noreturn]] void run_in_child(const KillOperation& operation, const std::string& path, Death death,
                               std::int64_t at, int pipe) {
  const auto killer = std::make_shared<Killer>(path, death, at);
  if (operation.opening) killer->arm();
  Result<std::unique_ptr<Store>> store = Store::open({.path = path,
                                                      .memory = {.prefault = false},
                                                      .snapshot_interval = std::chrono::hours(1),
                                                      .flat_limit = kFlatLimit,
                                                      .persist_observer = killer});
  if (!store) _exit(1);
  KillScript script(**store, [pipe](const Report& report) {
    if (write(pipe, &report, sizeof(report)) != sizeof(report)) _exit(1);
  });
  killer->arm();
  try {
    operation.run(script);
    if (operation.closing) store->reset();
  } catch (const std::exception& error) {
    fprintf(stderr, "%s: %s\n", operation.name, error.what());
    _exit(1);
  }
  _exit(0);
}

}  // namespace

int run_and_kill(const KillOperation& operation, const std::string& pool, Death death, std::int64_t at,
                 Knowledge& knowledge) {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t child = fork();
  if (child == 0) run_in_child(operation, pool, death, at, ends[1]);
  close(ends[1]);
  for (Report report; read(ends[0], &report, sizeof(report)) == sizeof(report);) knowledge.note(report);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

}  // namespace memo::test
