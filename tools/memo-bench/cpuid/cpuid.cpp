// Loaded into a program (LD_PRELOAD), this makes the CPUID instruction deny what is beyond MEMO_ISA, so that engines
// which know no variable for it, or not for all their parts, are held to an instruction set like ours.
//
// The kernel can make CPUID fault where the CPU can (arch_prctl(2), ARCH_SET_CPUID). The fault is a SIGSEGV, whose
// handler runs the real instruction, clears bits and goes on behind it. Threads and forked processes inherit this. What
// has asked before this is loaded knows more: the dynamic loader and the C library.
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <iterator>

#include "client/cpu/instruction_set.h"

namespace {

using memo::InstructionSet;

struct Registers {
  std::uint32_t eax, ebx, ecx, edx;
};

// Beyond every set.
constexpr auto kNone = static_cast<InstructionSet>(std::size(memo::kInstructionSetNames));

// Bits of one leaf of CPUID that stand for instructions of this set, and of none before it.
struct Feature {
  InstructionSet set;
  std::uint32_t leaf, subleaf;
  Registers bits;
};

constexpr std::uint32_t bits(std::initializer_list<int> places) {
  std::uint32_t all = 0;
  for (const int place : places) all |= 1u << place;
  return all;
}

// Numbers of bits: Intel's manual, volume 2A, CPUID.
constexpr Feature kFeatures[] = {
    // FMA, AVX, F16C; AVX2, VAES, VPCLMULQDQ
    {InstructionSet::avx2, 1, 0, {0, 0, bits({12, 28, 29}), 0}},
    {InstructionSet::avx2, 7, 0, {0, bits({5}), bits({9, 10}), 0}},
    // AVX-VNNI
    {InstructionSet::avx2_vnni, 7, 1, {bits({4}), 0, 0, 0}},
    // AVX-512: F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, BITALG, VPOPCNTDQ; VP2INTERSECT
    {InstructionSet::avx512, 7, 0, {0, bits({16, 17, 21, 26, 27, 28, 30, 31}), bits({1, 6, 12, 14}), bits({8})}},
    // AVX-512: VNNI; 4VNNIW, 4FMAPS. AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16
    {InstructionSet::avx512_vnni, 7, 0, {0, 0, bits({11}), bits({2, 3})}},
    {InstructionSet::avx512_vnni, 7, 1, {bits({23}), 0, 0, bits({4, 5, 10})}},
    // AVX-512 BF16
    {InstructionSet::avx512_bf16, 7, 1, {bits({5}), 0, 0, 0}},
    // AMX-BF16, AVX-512 FP16, AMX, AMX-INT8; AMX-FP16; AMX-COMPLEX, AVX10
    {kNone, 7, 0, {0, 0, 0, bits({22, 23, 24, 25})}},
    {kNone, 7, 1, {bits({21}), 0, 0, bits({8, 19})}},
};

// A CPU with AVX-512 but without its VNNI has no AVX-VNNI either.
bool has(InstructionSet held, InstructionSet set) {
  return set <= held && !(held == InstructionSet::avx512 && set == InstructionSet::avx2_vnni);
}

int held_level = -1;  // place in kInstructionSetNames; written before the first fault

long make_cpuid_fault(bool faults) {
  return syscall(SYS_arch_prctl, ARCH_SET_CPUID, faults ? 0 : 1);
}

Registers real_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers all{};
  make_cpuid_fault(false);
  __cpuid_count(leaf, subleaf, all.eax, all.ebx, all.ecx, all.edx);
  make_cpuid_fault(true);
  return all;
}

Registers held_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers all = real_cpuid(leaf, subleaf);
  for (const Feature& feature : kFeatures) {
    if (has(static_cast<InstructionSet>(held_level), feature.set) || feature.leaf != leaf ||
        (leaf == 7 && feature.subleaf != subleaf))
      continue;
    all.eax &= ~feature.bits.eax;
    all.ebx &= ~feature.bits.ebx;
    all.ecx &= ~feature.bits.ecx;
    all.edx &= ~feature.bits.edx;
  }
  return all;
}

// Only calls what a signal handler may.
void on_fault(int signal, siginfo_t* info, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  constexpr unsigned char kCpuid[] = {0x0f, 0xa2};
  // A fault of an instruction, not of an address, so this one can be read.
  const auto* instruction = reinterpret_cast<const unsigned char*>(registers[REG_RIP]);
  if (info->si_code != SI_KERNEL || std::memcmp(instruction, kCpuid, sizeof(kCpuid)) != 0) {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);  // it faults again, and ends the program
    return;
  }
  const Registers told =
      held_cpuid(static_cast<std::uint32_t>(registers[REG_RAX]), static_cast<std::uint32_t>(registers[REG_RCX]));
  registers[REG_RAX] = told.eax;
  registers[REG_RBX] = told.ebx;
  registers[REG_RCX] = told.ecx;
  registers[REG_RDX] = told.edx;
  registers[REG_RIP] += sizeof(kCpuid);
}

[[gnu::constructor]] void hold() {
  const char* wanted = std::getenv("MEMO_ISA");
  if (wanted == nullptr) return;
  for (std::size_t level = 0; level < std::size(memo::kInstructionSetNames); ++level)
    if (memo::kInstructionSetNames[level] == wanted) held_level = static_cast<int>(level);
  if (held_level < 0) return;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (sigaction(SIGSEGV, &action, nullptr) == 0) make_cpuid_fault(true);
}

}  // namespace
