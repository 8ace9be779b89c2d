// What a CPU has, and what a process is held to. A process decides once, so each case is a new process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "client/cpu/instruction_set.h"

namespace memo::test {
namespace {

constexpr InstructionSet kSets[] = {InstructionSet::baseline,    InstructionSet::avx2,
                                    InstructionSet::avx2_vnni,   InstructionSet::avx512,
                                    InstructionSet::avx512_vnni, InstructionSet::avx512_bf16};

// Exit codes of a case.
constexpr int kYes = 10;
constexpr int kNo = 11;

// In a process that starts anew: one that is forked would have decided already where another test has.
template <typename Question>
void expect_yes(const Question& question) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(std::exit(question() ? kYes : kNo), testing::ExitedWithCode(kYes), "");
}

// On this CPU.
bool exists(InstructionSet set) {
  if (set == InstructionSet::avx2_vnni) return cpu_avx2_vnni() != Avx2Vnni::none;
  return set <= cpu_instruction_set();
}

bool holds(const std::string& name) {
  return hold_to_instruction_set(name).is_ok();
}

TEST(InstructionSet, WithoutAWordTheCpuDecides) {
  expect_yes([] {
    unsetenv("MEMO_ISA");
    return check_instruction_set() && best_instruction_set() == cpu_instruction_set();
  });
}

TEST(InstructionSet, HeldToOneNothingBetterIsUsed) {
  for (const InstructionSet held : kSets) {
    if (!exists(held)) continue;
    expect_yes([held] {
      bool right = holds(std::string(to_string(held))) && check_instruction_set();
      for (const InstructionSet set : kSets) right = right && can_use(set) == (set <= held && exists(set));
      return right;
    });
  }
}

TEST(InstructionSet, WhatTheCpuLacksAndWhatHasNoSuchNameIsRefusedByName) {
  const Status unknown = hold_to_instruction_set("sse9");
  EXPECT_EQ(unknown.code(), StatusCode::invalid_argument);
  EXPECT_EQ(unknown.message(),
            "MEMO_ISA is \"sse9\", must be one of baseline, avx2, avx2_vnni, avx512, avx512_vnni, avx512_bf16");
  if (cpu_instruction_set() == InstructionSet::avx512_bf16) return;
  const Status beyond = hold_to_instruction_set("avx512_bf16");
  EXPECT_EQ(beyond.code(), StatusCode::invalid_argument);
  EXPECT_NE(beyond.message().find("which this CPU has not; it has up to"), std::string::npos) << beyond.message();
}

TEST(InstructionSet, Bf16IsEmulatedOnlyWhereAskedForAndOnlyForTheNextLesserSet) {
  for (const InstructionSet held : kSets) {
    if (!exists(held)) continue;
    for (const char* value : {"1", "0", ""})
      expect_yes([held, value] {
        setenv("MEMO_EMULATE_BF16", value, 1);
        return holds(std::string(to_string(held))) &&
               emulates_bf16() == (*value == '1' && held == InstructionSet::avx512_vnni);
      });
  }
}

TEST(InstructionSet, AWrongVariableIsNamedAndTheCpuDecides) {
  expect_yes([] {
    setenv("MEMO_ISA", "avx3", 1);
    return check_instruction_set().code() == StatusCode::invalid_argument &&
           best_instruction_set() == cpu_instruction_set();
  });
}

TEST(InstructionSet, HeldProcessesPassItOn) {
  expect_yes([] {
    return holds("baseline") && std::string(std::getenv("MEMO_ISA")) == "baseline" &&
           std::string(std::getenv("ONEDNN_MAX_CPU_ISA")) == "SSE41";
  });
}

}  // namespace
}  // namespace memo::test
