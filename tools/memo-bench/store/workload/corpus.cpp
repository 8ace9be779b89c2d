#include "tools/memo-bench/store/workload/corpus.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "tools/memo-bench/store/workload/random.h"

namespace memo {
namespace {

constexpr std::uint64_t kFamily = 32;  // memos of a family
constexpr float kTightest = 0.05f;     // how far members lie from their family's middle, in each direction,
constexpr float kLoosest = 0.8f;       // from family to family
constexpr float kOfAnother = 0.15f;    // how far a similar input lies
constexpr float kNoise = 0.02f;        // on each float
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15u;  // from word to word of a payload

// Purposes of random streams.
enum : std::uint64_t { kMap = 1, kMiddle, kMember, kSimilar, kMemberNoise, kSimilarNoise };

std::uint64_t sum_of(const Key& key, std::uint64_t words) {
  // 0 + 1 + ... + words - 1, modulo 2^64
  const std::uint64_t steps = words % 2 == 0 ? words / 2 * (words - 1) : words * ((words - 1) / 2);
  return words * key.low + kStep * steps;
}

}  // namespace

Key key_of(std::uint64_t number) {
  return {mix_bits(number ^ 0x6d656d6f2d6b6579u), mix_bits(number)};
}

void fill_payload(const Key& key, std::span<std::byte> payload) {
  assert(payload.size() % sizeof(std::uint64_t) == 0);
  // Copies whole blocks: the payload may be unaligned, and the compiler vectorizes the loop over a block.
  constexpr std::size_t kBlock = 32;
  std::uint64_t block[kBlock];
  std::uint64_t word = key.low;
  for (std::byte *to = payload.data(), *end = to + payload.size(); to < end;) {
    for (std::size_t i = 0; i < kBlock; ++i) block[i] = word + i * kStep;
    const auto bytes = std::min<std::size_t>(sizeof(block), static_cast<std::size_t>(end - to));
    std::memcpy(to, block, bytes);
    to += bytes;
    word += kBlock * kStep;
  }
}

bool is_payload_of(const Key& key, std::span<const std::byte> payload) {
  // Sums in vector registers: a loop that sums in an array takes twice as long as reading memory does.
  typedef std::uint64_t Words __attribute__((vector_size(64)));
  const std::uint64_t words = payload.size() / sizeof(std::uint64_t);
  const std::byte* at = payload.data();
  const std::byte* const end = at + words * sizeof(std::uint64_t);
  Words sums[2] = {};
  for (; end - at >= static_cast<std::ptrdiff_t>(sizeof(sums)); at += sizeof(sums)) {
    Words left, right;
    std::memcpy(&left, at, sizeof(left));
    std::memcpy(&right, at + sizeof(left), sizeof(right));
    sums[0] += left;
    sums[1] += right;
  }
  sums[0] += sums[1];
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sizeof(Words) / sizeof(std::uint64_t); ++i) sum += sums[0][i];
  for (std::uint64_t word; at < end; at += sizeof(word)) {
    std::memcpy(&word, at, sizeof(word));
    sum += word;
  }
  return sum == sum_of(key, words) && payload.size() % sizeof(std::uint64_t) == 0;
}

Corpus::Corpus(std::uint32_t dimension) : dimension_(dimension), directions_(kDirections * dimension) {
  assert(dimension >= 1);
  // This scale makes distances over all floats equal, on average, to those over the 24 directions.
  const float scale = 1 / std::sqrt(static_cast<float>(dimension));
  SplitMix random(kMap);
  for (float& value : directions_) value = scale * random.normal();
}

Corpus::Point Corpus::point_of(std::uint64_t number) {
  SplitMix middle(number / kFamily, kMiddle), member(number, kMember);
  const float apart =
      kTightest * std::exp2(static_cast<float>(middle.uniform()) * std::log2(kLoosest / kTightest));
  Point point;
  for (float& value : point.at) value = middle.normal() + apart * member.normal();
  return point;
}

void Corpus::spread(const Point& point, std::uint64_t noise_seed, std::span<float> out) const {
  assert(out.size() == dimension_);
  SplitMix noise(noise_seed);
  for (float& value : out) value = kNoise * noise.normal();
  for (std::size_t direction = 0; direction < kDirections; ++direction) {
    const float* row = directions_.data() + direction * dimension_;
    const float factor = point.at[direction];
    for (std::size_t i = 0; i < dimension_; ++i) out[i] += factor * row[i];
  }
}

void Corpus::feature(std::uint64_t number, std::span<float> out) const {
  spread(point_of(number), number ^ (kMemberNoise << 56), out);
}

void Corpus::feature_near(std::uint64_t number, std::uint64_t salt, std::span<float> out) const {
  Point point = point_of(number);
  SplitMix random(number ^ mix_bits(salt), kSimilar);
  for (float& value : point.at) value += kOfAnother * random.normal();
  spread(point, number ^ mix_bits(salt) ^ (kSimilarNoise << 56), out);
}

void Corpus::feature_of_stranger(std::uint64_t salt, std::span<float> out) const {
  feature(kNeverStored + kFamily * (salt % (kNeverStored / kFamily)), out);
}

float squared_distance(std::span<const float> left, std::span<const float> right) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  std::size_t at = 0;
  for (; at + kLanes <= left.size(); at += kLanes)
    for (std::size_t i = 0; i < kLanes; ++i) {
      const float difference = left[at + i] - right[at + i];
      sums[i] += difference * difference;
    }
  float sum = 0;
  for (const float part : sums) sum += part;
  for (; at < left.size(); ++at) sum += (left[at] - right[at]) * (left[at] - right[at]);
  return sum;
}

}  // namespace memo
