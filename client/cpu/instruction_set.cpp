#include "client/cpu/instruction_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

namespace memo {
namespace {

constexpr const char* kVariable = "MEMO_ISA";

struct Names {
  InstructionSet set;
  std::string_view ours;
  const char* onednn;
  const char* libtorch;
  const char* openblas;
};
constexpr std::array kNames = {
    Names{InstructionSet::baseline, "baseline", "SSE41", "default", "Nehalem"},
    Names{InstructionSet::avx2, "avx2", "AVX2", "avx2", "Haswell"},
    Names{InstructionSet::avx512, "avx512", "AVX512_CORE", "avx512", "SkylakeX"},
    Names{InstructionSet::avx512_vnni, "avx512_vnni", "AVX512_CORE_VNNI", "avx512", "SkylakeX"},
    Names{InstructionSet::avx512_bf16, "avx512_bf16", "AVX512_CORE_BF16", "avx512", "SkylakeX"},
};

#if defined(__x86_64__)
InstructionSet find_cpu_instruction_set() {
  __builtin_cpu_init();
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (!avx2) return InstructionSet::baseline;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return InstructionSet::avx2;
  if (!__builtin_cpu_supports("avx512vnni")) return InstructionSet::avx512;
  return __builtin_cpu_supports("avx512bf16") ? InstructionSet::avx512_bf16 : InstructionSet::avx512_vnni;
}
#else
InstructionSet find_cpu_instruction_set() {
  return InstructionSet::baseline;
}
#endif

std::string all_names() {
  std::string names;
  for (const Names& one : kNames) names += fmt::format("{}{}", names.empty() ? "" : ", ", one.ours);
  return names;
}

Result<InstructionSet> usable(const std::string& name) {
  const auto* found = std::ranges::find(kNames, name, &Names::ours);
  if (found == kNames.end())
    return Status(StatusCode::invalid_argument,
                  fmt::format("{} is \"{}\", must be one of {}", kVariable, name, all_names()));
  const InstructionSet cpu = cpu_instruction_set();
  if (found->set > cpu)
    return Status(StatusCode::invalid_argument,
                  fmt::format("{} is \"{}\", but this CPU has up to {}", kVariable, name, to_string(cpu)));
  return found->set;
}

Result<InstructionSet> wanted() {
  const char* value = std::getenv(kVariable);
  if (value == nullptr || *value == '\0') return cpu_instruction_set();
  return usable(value);
}

}  // namespace

std::string_view to_string(InstructionSet set) {
  return kNames[static_cast<std::size_t>(set)].ours;
}

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
  const Names& names = kNames[static_cast<std::size_t>(set)];
  const bool all_set =
      setenv(kVariable, name.c_str(), 1) == 0 && setenv("ONEDNN_MAX_CPU_ISA", names.onednn, 1) == 0 &&
      setenv("ATEN_CPU_CAPABILITY", names.libtorch, 1) == 0 && setenv("OPENBLAS_CORETYPE", names.openblas, 1) == 0;
  return all_set ? Status::ok() : Status(StatusCode::internal, "there is no room for environment variables");
}

}  // namespace memo
