#include "client/process/threads.h"

#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace memo {

unsigned startable_threads(unsigned wanted) {
  std::atomic<bool> may_end = false;
  std::vector<std::thread> threads;
  try {
    threads.reserve(wanted);
    while (threads.size() < wanted) threads.emplace_back([&may_end] { may_end.wait(false); });
  } catch (const std::exception&) {
    // The threads that were started by now are the answer.
  }
  may_end = true;
  may_end.notify_all();
  for (std::thread& thread : threads) thread.join();
  return static_cast<unsigned>(threads.size());
}

}  // namespace memo
