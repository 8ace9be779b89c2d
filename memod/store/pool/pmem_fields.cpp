#include "memod/store/pool/pmem_fields.h"

#include <cstring>

#include "memod/store/pool/examine/pmdk_format.h"

namespace memo {
namespace {

// Behind what is persistent, up to the first lane.
constexpr std::uint64_t kFirst = pmdk::kRuntimeOffset + sizeof(pmdk::RuntimeFields);
constexpr std::uint64_t kEnd = pmdk::kLanesOffset;

// Of libpmemobj 1.12: how many lanes there are, and which one the next new thread takes. Nothing else changes.
constexpr std::uint64_t kLanesAt = 6848;
constexpr std::uint64_t kNextLaneAt = 6852;

std::uint32_t word_at(std::span<const std::byte> fields, std::uint64_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, fields.data() + (offset - kFirst), sizeof(word));
  return word;
}

}  // namespace

PmemFields::PmemFields(PMEMobjpool* pool) : pool_(pool), noted_(fields().begin(), fields().end()) {
  is_known_ = word_at(noted_, kLanesAt) == pmdk::kLaneCount;
}

bool PmemFields::unchanged() const {
  if (!is_known_) return true;
  constexpr std::uint64_t kBefore = kNextLaneAt - kFirst, kAfter = kBefore + sizeof(std::uint32_t);
  const auto same = [this](std::uint64_t from, std::uint64_t to) {
    return std::memcmp(fields().data() + from, noted_.data() + from, to - from) == 0;
  };
  return same(0, kBefore) && same(kAfter, noted_.size());
}

std::span<const std::byte> PmemFields::fields() const {
  const auto* handle = reinterpret_cast<const std::byte*>(pool_);
  return {handle + kFirst, handle + kEnd};
}

}  // namespace memo
