#include "tools/memo-bench/common/peer.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#ifdef MEMO_CPUID_LIBRARY
#include <cpuid.h>
#endif

#include "client/cpu/instruction_set.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-bench/common/held_cpu.h"

namespace memo {
namespace {

using Ids = std::vector<std::vector<std::int64_t>>;

// Servers that misbehave, as shell scripts in the place of peer_server.py.
class PeerServer : public testing::Test {
 protected:
  Result<Peer> start(const std::string& script, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::ofstream(folder_.file("peer_server.py")) << script;
    PeerOptions options;
    options.name = "openvino";
    options.script_folder = folder_.path().string();
    options.python = "/bin/sh";
    options.patience = patience;
    return Peer::start(options);
  }
  Status load_status(const std::string& script, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    auto peer = start(script, patience);
    return peer ? peer->load("model", 1, 2) : peer.status();
  }

  test::TempDir folder_;
};

#ifdef MEMO_CPUID_LIBRARY
// Each in a process that starts anew with the variables: an instruction set is decided once a process.
class HeldPeer : public testing::Test {
 protected:
  HeldPeer() {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    for (const char* name : {"MEMO_ISA", "LD_PRELOAD"}) unsetenv(name);
  }
  ~HeldPeer() override {
    for (const char* name : {"MEMO_ISA", "LD_PRELOAD"}) unsetenv(name);
  }
  template <typename Question>
  static void expect_yes(const Question& question) {
    EXPECT_EXIT(std::exit(question() ? 10 : 11), testing::ExitedWithCode(10), "");
  }
  // Asked by the instruction itself, in another thread.
  static bool thread_sees_avx512() {
    bool sees = false;
    std::thread([&sees] {
      unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
      sees = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_AVX512F) != 0;
    }).join();
    return sees;
  }
};

TEST_F(HeldPeer, NoneIsNeededWhereThisProcessUsesAll) {
  expect_yes([] { return peer_hold() == PeerHold::none_needed && holding_variables().empty(); });
}

TEST_F(HeldPeer, VariablesNameOurInstructionSetAndTheLibraryBesideThoseOfOthers) {
  if (cpu_instruction_set() == InstructionSet::baseline) GTEST_SKIP() << "this CPU has nothing to deny";
  setenv("MEMO_ISA", "baseline", 1);
  setenv("LD_PRELOAD", "", 1);
  expect_yes([] {
    const std::vector<std::string> expected = {"MEMO_ISA=baseline", "LD_PRELOAD=" MEMO_CPUID_LIBRARY ":"};
    return peer_hold() == PeerHold::held ? holding_variables() == expected
                                         : peer_hold() == PeerHold::impossible && holding_variables().empty();
  });
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(HeldPeer, ItsCpuDeniesWhatWeDoNotUse) {
  setenv("MEMO_ISA", "avx2", 1);
  setenv("LD_PRELOAD", MEMO_CPUID_LIBRARY, 1);
  expect_yes([] {
    if (peer_hold() == PeerHold::impossible) return thread_sees_avx512();
    return cpu_instruction_set() <= InstructionSet::avx2 && !thread_sees_avx512();
  });
}

TEST_F(HeldPeer, ItStillEndsByABadAddress) {
  setenv("MEMO_ISA", "baseline", 1);
  setenv("LD_PRELOAD", MEMO_CPUID_LIBRARY, 1);
  EXPECT_EXIT(*reinterpret_cast<volatile int*>(std::uintptr_t{8}) = 1, testing::KilledBySignal(SIGSEGV), "");
}
#endif
#endif

TEST_F(PeerServer, MissingScriptIsNamedWithWhatToDo) {
  PeerOptions options;
  options.name = "openvino";
  options.script_folder = folder_.path().string();
  options.python = "/bin/sh";
  const Status status = Peer::start(options).status();
  EXPECT_EQ(status.code(), StatusCode::not_found);
  EXPECT_NE(status.message().find("peer_server.py; run tools/memo-bench/peers/setup openvino"), std::string::npos)
      << status.message();
}

TEST_F(PeerServer, UnusableOptionsAreRefused) {
  PeerOptions options;
  EXPECT_EQ(options.validate().code(), StatusCode::invalid_argument);
  options.name = "torch";
  options.dtype = "f16";
  EXPECT_EQ(options.validate().message(), "dtype is f16; known are f32, bf16 and s8");
}

TEST_F(PeerServer, AnswersBecomeValues) {
  auto peer = start(R"(
    read load; echo '{"ok": true, "version": "1.2", "settings": {"graph": "x"}}'
    read run; echo '{"ok": true, "wall_ms": [2.5], "cpu_ms": [5]}'
    read states; file=${states#*output\":\"}; printf '\000\000\200\077\000\000\000\100' >"${file%%\"*}"
    echo '{"ok": true, "shape": [1, 2, 1]}'
    read more; echo '{"ok": false, "error": "enough"}')");
  ASSERT_TRUE(peer) << peer.status().message();
  const Status loaded = peer->load("model", 1, 2);
  ASSERT_TRUE(loaded) << loaded.message();
  EXPECT_EQ(peer->version(), "1.2");
  EXPECT_EQ(peer->settings()["graph"], "x");
  const auto timing = peer->run(Ids{{1, 2}});
  ASSERT_TRUE(timing) << timing.status().message();
  EXPECT_EQ(timing->wall_ms, 2.5);
  EXPECT_EQ(timing->cpu_ms, 5);
  const auto states = peer->states(Ids{{1, 2}});
  ASSERT_TRUE(states) << states.status().message();
  EXPECT_EQ(*states, (std::vector<float>{1, 2}));
  EXPECT_EQ(peer->run(Ids{{1, 2}}).status().message(), "peer openvino: enough");
}

TEST_F(PeerServer, GarbageIsQuoted) {
  const Status status = load_status("read line; echo 'Segmentation <fault>'");
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_EQ(status.message(), "peer openvino: answered what is not in its protocol: Segmentation <fault>");
  for (const char* answer : {"[]", "{}", "{\"ok\": 1}", "{\"ok\": false}", "{\"ok\": true}"})
    EXPECT_EQ(load_status(std::string("read line; echo '") + answer + "'").code(), StatusCode::corrupt) << answer;
}

TEST_F(PeerServer, DeathIsReportedWithTheEndOfStderr) {
  const Status status = load_status("read line; echo 'no module named x' >&2; exit 3");
  EXPECT_EQ(status.code(), StatusCode::unavailable);
  EXPECT_EQ(status.message(),
            "peer openvino: ended before it answered; the end of its stderr:\nno module named x");
}

TEST_F(PeerServer, SilenceEndsAtTheTimeout) {
  const Status status = load_status("read line; exec sleep 60", std::chrono::milliseconds(200));
  EXPECT_EQ(status.code(), StatusCode::deadline_exceeded);
  EXPECT_EQ(status.message(), "peer openvino: did not answer in time; it wrote nothing to stderr");
}

}  // namespace
}  // namespace memo
