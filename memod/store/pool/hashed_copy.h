// hashed_copy(): copies a payload past the CPU's cache and hashes what it stores, in one pass.
//
// A separate hash after such a copy would read back from memory what the copy has just sent there. Here each 64
// bytes are loaded once, into a register that is both stored and hashed. So the hash is that of the stored bytes,
// even when the source changes meanwhile, as a client's memory can.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace memo {

// The state of XXH3-64 between stripes of 64 bytes.
// Source: github.com/Cyan4973/xxHash, doc/xxhash_spec.md, "XXH3 Algorithm Overview", input of more than 240 bytes.
struct StripeHash {
  alignas(64) std::array<std::uint64_t, 8> lanes;
  std::size_t in_block = 0;  // stripes since the lanes were scrambled, below 16

  StripeHash();
};

// Copies `count` stripes with non-temporal stores and takes them into the hash.
// Requires: target is a multiple of 64.
using StreamStripes = void (*)(std::byte* target, const std::byte* source, std::size_t count, StripeHash& hash);

// Null where the program was built for another CPU.
extern const StreamStripes kStreamAvx2;
extern const StreamStripes kStreamAvx512;

struct NamedStream {
  const char* name;
  StreamStripes stream;
};
// The variants that this CPU can run, the fastest first.
std::vector<NamedStream> usable_streams();
// The fastest; null when there is none: then plain code copies and hashes.
StreamStripes best_stream();

// Returns XXH3-64 of the bytes that are in target afterwards. They last as other streamed stores do: after a
// fence. Behind them zeros are written up to a multiple of 64.
// Requires: target is a multiple of 64, with room up to one; source and target do not overlap; `stream` suits the
// CPU.
std::uint64_t hashed_copy(std::byte* target, std::span<const std::byte> source, StreamStripes stream);

}  // namespace memo
