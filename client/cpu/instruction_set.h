// The vector instructions that a process uses: the best that its CPU has, or fewer where MEMO_ISA says so, so that a
// machine can show what others would do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "memo/status.h"

namespace memo {

// Each has what those before it have; but many CPUs with avx512 lack avx2_vnni, and some avx512_vnni: can_use() tells.
enum class InstructionSet : std::uint8_t {
  baseline,     // of x86-64, or of another architecture
  avx2,         // with FMA and F16C
  avx2_vnni,    // and products of 8-bit integers, in either encoding
  avx512,       // F, BW, DQ and VL
  avx512_vnni,  // and products of 8-bit integers
  avx512_bf16,  // products of bfloat16
};

// In the order of the enumeration.
inline constexpr std::string_view kInstructionSetNames[] = {"baseline", "avx2",        "avx2_vnni",
                                                            "avx512",   "avx512_vnni", "avx512_bf16"};
constexpr std::string_view to_string(InstructionSet set) {
  return kInstructionSetNames[static_cast<std::size_t>(set)];
}

// The best that this CPU has.
InstructionSet cpu_instruction_set();

// The same, or fewer where MEMO_ISA says so. The variable is read at the first call. Threads: any.
InstructionSet best_instruction_set();
bool can_use(InstructionSet set);

// How the CPU has avx2_vnni: as AVX-VNNI, or only in the encoding of AVX-512.
enum class Avx2Vnni : std::uint8_t { none, own, of_avx512 };
Avx2Vnni cpu_avx2_vnni();

// Whether products of bfloat16 are to be computed by other instructions, slowly: MEMO_EMULATE_BF16 is 1, and the best
// instruction set is avx512_vnni. So that programs for bf16 can be tested on such a CPU. Threads: any.
bool emulates_bf16();

// Errors: invalid_argument (MEMO_ISA is no such name, or the CPU has not these; the CPU alone then decides).
Status check_instruction_set();

// Holds this process, and those that it starts, to an instruction set: sets MEMO_ISA, and the variables that oneDNN,
// LibTorch and OpenBLAS read for the same purpose. Requires: no other thread reads the environment meanwhile, and
// nothing has asked best_instruction_set() yet. Errors: as check_instruction_set().
Status hold_to_instruction_set(const std::string& name);

}  // namespace memo
