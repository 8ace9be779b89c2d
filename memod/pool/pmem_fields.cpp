#include "memod/pool/pmem_fields.h"

#include <thread>

#include "memod/pool/examine/pmdk_format.h"

namespace memo {
namespace {

// Behind what is persistent, up to the first lane.
constexpr std::uint64_t kFirst = pmdk::kRuntimeOffset + sizeof(pmdk::RuntimeFields);
constexpr std::uint64_t kEnd = pmdk::kLanesOffset;

}  // namespace

PmemFields::PmemFields(PMEMobjpool* pool) : pool_(pool), noted_(read()), is_counter_(noted_.size()) {
  // A thread's first transaction counts.
  std::thread([pool] {
    if (PmemTransaction nothing(pool); nothing.begun()) nothing.commit();
  }).join();
  const std::vector<std::byte> after = read();
  constexpr std::size_t kWord = 4;
  for (std::size_t i = 0; i < after.size(); ++i)
    if (after[i] != noted_[i])
      for (std::size_t byte = i / kWord * kWord; byte < i / kWord * kWord + kWord; ++byte)
        is_counter_[byte] = true;
}

bool PmemFields::unchanged() const {
  const std::vector<std::byte> now = read();
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i] != noted_[i] && !is_counter_[i]) return false;
  return true;
}

std::vector<std::byte> PmemFields::read() const {
  const auto* handle = reinterpret_cast<const std::byte*>(pool_);
  return {handle + kFirst, handle + kEnd};
}

}  // namespace memo
