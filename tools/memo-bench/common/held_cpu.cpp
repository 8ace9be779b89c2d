#include "tools/memo-bench/common/held_cpu.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "client/cpu/instruction_set.h"

#ifdef MEMO_CPUID_LIBRARY
#include <asm/prctl.h>
#endif

namespace memo {
namespace {

bool can_make_cpuid_fault() {
#ifdef MEMO_CPUID_LIBRARY
  // Asks by trying, for the moment of a call.
  if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0) != 0) return false;
  return syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1) == 0;
#else
  return false;
#endif
}

}  // namespace

std::string_view to_string(PeerHold hold) {
  switch (hold) {
    case PeerHold::none_needed:
      return "none needed";
    case PeerHold::held:
      return "held";
    case PeerHold::impossible:
      return "impossible";
  }
  return "";
}

PeerHold peer_hold() {
  if (best_instruction_set() == cpu_instruction_set()) return PeerHold::none_needed;
  static const bool possible = can_make_cpuid_fault();
  return possible ? PeerHold::held : PeerHold::impossible;
}

std::vector<std::string> holding_variables() {
#ifdef MEMO_CPUID_LIBRARY
  if (peer_hold() == PeerHold::held) {
    const char* others = std::getenv("LD_PRELOAD");
    return {fmt::format("MEMO_ISA={}", to_string(best_instruction_set())),
            others == nullptr ? "LD_PRELOAD=" MEMO_CPUID_LIBRARY
                              : fmt::format("LD_PRELOAD={}:{}", MEMO_CPUID_LIBRARY, others)};
  }
#endif
  return {};
}

}  // namespace memo
