#include "memod/store/pool/hashed_copy.h"

#include <xxhash.h>

#include <cassert>
#include <cstring>

#include "client/cpu/instruction_set.h"
#include "memod/store/pool/hashed_copy_secret.h"

namespace memo {
namespace {

constexpr std::uint64_t kPrime32[] = {0x9E3779B1u, 0x85EBCA77u, 0xC2B2AE3Du};
constexpr std::uint64_t kPrime64[] = {0x9E3779B185EBCA87u, 0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u,
                                      0x85EBCA77C2B2AE63u, 0x27D4EB2F165667C5u};

// XXH3 has other ways for so few bytes.
constexpr std::size_t kShort = 240;

std::uint64_t word_at(const std::byte* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// What the source held at one moment. The compiler must not read the source a second time instead.
void copy_once(std::byte* target, const std::byte* source, std::size_t bytes) {
  std::memcpy(target, source, bytes);
  asm volatile("" : : "r"(target) : "memory");
}

void accumulate(StripeHash& hash, const std::byte* stripe, const std::byte* secret) {
  for (std::size_t lane = 0; lane < hash.lanes.size(); ++lane) {
    const std::uint64_t data = word_at(stripe + 8 * lane);
    const std::uint64_t keyed = data ^ word_at(secret + 8 * lane);
    hash.lanes[lane ^ 1] += data;
    hash.lanes[lane] += (keyed & 0xffffffff) * (keyed >> 32);
  }
}

// `last`: the last 64 bytes of the input.
std::uint64_t finish(StripeHash& hash, const std::byte* last, std::uint64_t bytes) {
  accumulate(hash, last, xxh3::kSecret + xxh3::kLastStripeSecret);
  std::uint64_t result = bytes * kPrime64[0];
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const std::byte* secret = xxh3::kSecret + xxh3::kMergeSecret + 16 * pair;
    result +=
        folded_product(hash.lanes[2 * pair] ^ word_at(secret), hash.lanes[2 * pair + 1] ^ word_at(secret + 8));
  }
  result = (result ^ result >> 37) * 0x165667919E3779F9u;
  return result ^ result >> 32;
}

std::uint64_t copy_short(std::byte* target, std::span<const std::byte> source, StreamStripes stream) {
  alignas(64) std::array<std::byte, 256> copy{};
  copy_once(copy.data(), source.data(), source.size());
  StripeHash unused;
  stream(target, copy.data(), (source.size() + xxh3::kStripe - 1) / xxh3::kStripe, unused);
  return XXH3_64bits(copy.data(), source.size());
}

}  // namespace

StripeHash::StripeHash()
    : lanes{kPrime32[2], kPrime64[0], kPrime64[1], kPrime64[2],
            kPrime64[3], kPrime32[1], kPrime64[4], kPrime32[0]} {}

std::vector<NamedStream> usable_streams() {
  std::vector<NamedStream> streams;
#if defined(__x86_64__)
  if (can_use(InstructionSet::avx512)) streams.push_back({"avx512", kStreamAvx512});
  if (can_use(InstructionSet::avx2)) streams.push_back({"avx2", kStreamAvx2});
#endif
  return streams;
}

StreamStripes best_stream() {
  const std::vector<NamedStream> streams = usable_streams();
  return streams.empty() ? nullptr : streams.front().stream;
}

std::uint64_t hashed_copy(std::byte* target, std::span<const std::byte> source, StreamStripes stream) {
  assert(reinterpret_cast<std::uintptr_t>(target) % xxh3::kStripe == 0);
  if (source.size() <= kShort) return copy_short(target, source, stream);
  // The hash ends with the last 64 bytes, which lie across the last two stripes: these go through a buffer.
  const std::size_t before = ((source.size() - 1) / xxh3::kStripe - 1) * xxh3::kStripe;
  StripeHash hash;
  stream(target, source.data(), before / xxh3::kStripe, hash);
  alignas(64) std::array<std::byte, 2 * xxh3::kStripe> end{};
  copy_once(end.data(), source.data() + before, source.size() - before);
  stream(target + before, end.data(), 1, hash);
  StripeHash unused;
  stream(target + before + xxh3::kStripe, end.data() + xxh3::kStripe, 1, unused);
  return finish(hash, end.data() + (source.size() - before - xxh3::kStripe), source.size());
}

}  // namespace memo
