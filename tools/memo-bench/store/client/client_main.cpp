// memo-bench-client: a client process of memo-bench store. It links the client library and what peers need, and
// nothing of the daemon, so that its CPU time and memory are those of an attached process.
#include <signal.h>
#include <sys/prctl.h>

#include <iostream>
#include <string>

#include "client/process/standard_streams.h"
#include "tools/memo-bench/store/client/client.h"

int main(int argc, char**) {
  memo::guard_standard_streams();
  if (argc > 1)
    return memo::write_stdout("memo-bench store starts this program: it takes orders from stdin, a line each.\n")
               ? 0
               : 1;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C is for memo-bench, which then closes our stdin
  memo::StoreClient client;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << client.answer(line).dump() << std::endl;
  }
  return 0;
}
