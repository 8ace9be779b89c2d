// XXH3's default secret and where its parts are used.
// Source: github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace memo::xxh3 {

inline constexpr std::size_t kStripe = 64;           // bytes
inline constexpr std::size_t kStripesOfABlock = 16;  // each takes the secret 8 bytes further on
// Offsets into the secret:
inline constexpr std::size_t kScrambleSecret = 128;
inline constexpr std::size_t kLastStripeSecret = 121;
inline constexpr std::size_t kMergeSecret = 11;

// 192 bytes as little-endian words.
alignas(64) inline constexpr std::array<std::uint64_t, 24> kSecretWords = {
    0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072, 0x78e5c0cc4ee679cb,
    0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0, 0xcb00c391bb52283c, 0xa32e531b8b65d088,
    0x4ef90da297486471, 0xd8acdea946ef1938, 0x3f349ce33f76faa8, 0x1d4f0bc7c7bbdcf9, 0x3159b4cd4be0518a,
    0x647378d9c97e9fc8, 0xc3ebd33483acc5ea, 0xeb6313faffa081c5, 0x49daf0b751dd0d17, 0x9e68d429265516d3,
    0xfca1477d58be162b, 0xce31d07ad1b8f88f, 0x280416958f3acb45, 0x7e404bbbcafbd7af};
inline const std::byte* const kSecret = reinterpret_cast<const std::byte*>(kSecretWords.data());

}  // namespace memo::xxh3
