#include "memod/daemon/cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace memo {
namespace {

std::vector<unsigned> cores_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(::sched_getaffinity(0, sizeof(set), &set), 0);
  std::vector<unsigned> cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

TEST(Cores, NumbersAndRangesAreRead) {
  EXPECT_EQ(parse_cores("3").value(), (std::vector<unsigned>{3}));
  EXPECT_EQ(parse_cores("4-6,0,5").value(), (std::vector<unsigned>{0, 4, 5, 6}));
}

TEST(Cores, AnythingElseIsRefused) {
  for (const char* text : {"", ",", "1,", "-1", "2-1", "1-", "a", "1 ,2", "1-2-3", "4096", "0-99999999999"})
    EXPECT_EQ(parse_cores(text).status().code(), StatusCode::invalid_argument) << text;
}

// On a thread of its own: the binding stays.
TEST(Cores, ThreadsStartedLaterAreBoundToo) {
  std::thread([] {
    const unsigned last = cores_of_this_thread().back();
    ASSERT_TRUE(run_on_cores({last}).is_ok());
    std::thread([last] { EXPECT_EQ(cores_of_this_thread(), std::vector<unsigned>{last}); }).join();
  }).join();
}

TEST(Cores, ACoreThatIsNotThereIsNamed) {
  const std::vector<unsigned> before = cores_of_this_thread();
  const Status status = run_on_cores({before.front(), CPU_SETSIZE - 1});
  EXPECT_EQ(status.code(), StatusCode::invalid_argument);
  EXPECT_NE(status.message().find(std::to_string(CPU_SETSIZE - 1)), std::string::npos);
  EXPECT_EQ(cores_of_this_thread(), before);
}

}  // namespace
}  // namespace memo
