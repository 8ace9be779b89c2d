#include "tools/memo-bench/store/workload/traffic.h"

#include <numeric>

namespace memo {
namespace {

// The first number of memos that are published during a measurement; the filled store has the smaller numbers.
constexpr std::uint64_t kFirstNew = std::uint64_t{1} << 56;
constexpr std::uint32_t kClientBits = 8;
constexpr std::uint32_t kMemoBits = 32;  // for the memos of one client in one round

std::uint64_t first_new(std::uint32_t client, std::uint32_t round) {
  return kFirstNew + (((std::uint64_t{round} << kClientBits) + client) << kMemoBits);
}

}  // namespace

std::uint64_t memo_of_rank(std::uint64_t rank, std::uint64_t memos) {
  // Multiplying by a number that shares no factor with the count is a permutation. Counts are below 2^32.
  std::uint64_t factor = 2654435761u % memos;
  while (std::gcd(factor, memos) != 1) ++factor;
  return rank * factor % memos;
}

Traffic::Traffic(const Corpus& corpus, const Workload& workload, std::uint32_t client, std::uint32_t round)
    : corpus_(corpus),
      workload_(workload),
      popularity_(workload.memos, workload.zipf_skew),
      random_(round, client),
      next_new_(first_new(client, round)),
      queries_(workload.batch),
      stored_(workload.batch),
      features_(std::size_t{workload.batch} * workload.feature_dimension),
      new_feature_(workload.feature_dimension) {}

std::span<const BenchQuery> Traffic::next_lookup() {
  for (std::size_t i = 0; i < queries_.size(); ++i) make_query(i);
  return queries_;
}

void Traffic::make_query(std::size_t i) {
  stored_[i] = random_.uniform() < workload_.hit_ratio;
  const std::uint64_t salt = random_.next();
  const std::uint64_t memo = memo_of_rank(popularity_(random_), workload_.memos);
  const std::uint64_t stranger = kNeverStored + (salt >> 4);
  if (workload_.lookup == LookupKind::exact) {
    queries_[i] = {.key = key_of(stored_[i] ? memo : stranger), .feature = {}};
    return;
  }
  const std::span feature(features_.data() + i * workload_.feature_dimension, workload_.feature_dimension);
  if (stored_[i])
    corpus_.feature_near(memo, salt, feature);
  else
    corpus_.feature_of_stranger(salt, feature);
  queries_[i] = {.key = key_of(stranger), .feature = feature};
}

BenchMemo Traffic::next_memo() {
  const std::uint64_t number = next_new_++;
  corpus_.feature(number, new_feature_);
  return {.key = key_of(number), .feature = new_feature_, .lasting = false};
}

void recall_query(const Corpus& corpus, std::uint64_t memos, std::uint32_t number, std::span<float> out) {
  const std::uint64_t memo = mix_bits(number) % memos;
  corpus.feature_near(memo, mix_bits(~std::uint64_t{number}), out);
}

}  // namespace memo
