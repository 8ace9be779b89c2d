#include "client/cpu/instruction_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace memo {
namespace {

constexpr const char* kVariable = "MEMO_ISA";

// What libraries call each.
struct LibraryNames {
  const char* onednn;
  const char* libtorch;
  const char* openblas;
};
constexpr std::array<LibraryNames, std::size(kInstructionSetNames)> kLibraryNames = {{
    {"SSE41", "default", "Nehalem"},
    {"AVX2", "avx2", "Haswell"},
    {"AVX2_VNNI", "avx2", "Haswell"},
    {"AVX512_CORE", "avx512", "SkylakeX"},
    {"AVX512_CORE_VNNI", "avx512", "SkylakeX"},
    {"AVX512_CORE_BF16", "avx512", "SkylakeX"},
}};

#if defined(__x86_64__)
// Intel's manual, volume 2A, CPUID: leaf 7, subleaf 1, EAX.
constexpr std::uint32_t kAvxVnni = 1u << 4;

Avx2Vnni find_avx2_vnni() {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnni) != 0) return Avx2Vnni::own;
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl") ? Avx2Vnni::of_avx512
                                                                                    : Avx2Vnni::none;
}

InstructionSet find_cpu_instruction_set() {
  __builtin_cpu_init();
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (!avx2) return InstructionSet::baseline;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return find_avx2_vnni() == Avx2Vnni::none ? InstructionSet::avx2 : InstructionSet::avx2_vnni;
  if (!__builtin_cpu_supports("avx512vnni")) return InstructionSet::avx512;
  return __builtin_cpu_supports("avx512bf16") ? InstructionSet::avx512_bf16 : InstructionSet::avx512_vnni;
}
#else
Avx2Vnni find_avx2_vnni() {
  return Avx2Vnni::none;
}

InstructionSet find_cpu_instruction_set() {
  return InstructionSet::baseline;
}
#endif

bool cpu_has(InstructionSet set) {
  if (set == InstructionSet::avx2_vnni) return cpu_avx2_vnni() != Avx2Vnni::none;
  return set <= cpu_instruction_set();
}

Result<InstructionSet> usable(const std::string& name) {
  const auto* found = std::ranges::find(kInstructionSetNames, name);
  if (found == std::end(kInstructionSetNames))
    return Status(StatusCode::invalid_argument, fmt::format("{} is \"{}\", must be one of {}", kVariable, name,
                                                            fmt::join(kInstructionSetNames, ", ")));
  const auto set = static_cast<InstructionSet>(found - std::begin(kInstructionSetNames));
  if (!cpu_has(set))
    return Status(StatusCode::invalid_argument,
                  fmt::format("{} is \"{}\", which this CPU has not; it has up to {}", kVariable, name,
                              to_string(cpu_instruction_set())));
  return set;
}

Result<InstructionSet> wanted() {
  const char* value = std::getenv(kVariable);
  if (value == nullptr || *value == '\0') return cpu_instruction_set();
  return usable(value);
}

}  // namespace

InstructionSet cpu_instruction_set() {
  static const InstructionSet set = find_cpu_instruction_set();
  return set;
}

InstructionSet best_instruction_set() {
  static const InstructionSet best = [] {
    const Result<InstructionSet> set = wanted();
    return set ? *set : cpu_instruction_set();
  }();
  return best;
}

Avx2Vnni cpu_avx2_vnni() {
  static const Avx2Vnni found = cpu_instruction_set() < InstructionSet::avx2 ? Avx2Vnni::none : find_avx2_vnni();
  return found;
}

bool can_use(InstructionSet set) {
  return set <= best_instruction_set() && cpu_has(set);
}

bool emulates_bf16() {
  static const bool emulates = [] {
    const char* value = std::getenv("MEMO_EMULATE_BF16");
    return value != nullptr && std::string_view(value) == "1" &&
           best_instruction_set() == InstructionSet::avx512_vnni;
  }();
  return emulates;
}

Status check_instruction_set() {
  return wanted().status();
}

Status hold_to_instruction_set(const std::string& name) {
  MEMO_ASSIGN_OR_RETURN(const InstructionSet set, usable(name));
  const LibraryNames& names = kLibraryNames[static_cast<std::size_t>(set)];
  const bool all_set =
      setenv(kVariable, name.c_str(), 1) == 0 && setenv("ONEDNN_MAX_CPU_ISA", names.onednn, 1) == 0 &&
      setenv("ATEN_CPU_CAPABILITY", names.libtorch, 1) == 0 && setenv("OPENBLAS_CORETYPE", names.openblas, 1) == 0;
  return all_set ? Status::ok() : Status(StatusCode::internal, "there is no room for environment variables");
}

}  // namespace memo
