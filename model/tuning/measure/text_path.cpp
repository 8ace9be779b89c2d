#include "model/tuning/measure/text_path.h"

#include <algorithm>
#include <chrono>

#include "model/tuning/result/median.h"
#include "model/tuning/result/statistics.h"

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;

// Groups of batches. Times are summed over a group and then compared, because single batches differ in length.
constexpr std::size_t kGroups = 20;

double seconds_from(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double TextPath::run(const TextList& batch) {
  const auto start = Clock::now();
  std::vector<TextInput> texts;
  texts.reserve(batch.size());
  for (const ProfileText* text : batch) texts.push_back({text->text});
  const std::vector<PairEncoding> inputs = model_.tokenize(texts);
  const std::vector<TokenSequence> sequences = sequences_of(inputs);
  tokenize_s_ += seconds_from(start);
  outputs_ = run_batch(model_.engine(), model_.attention(), sequences);
  if (judge_ != nullptr) (void)judge_->right(batch, outputs_);
  return seconds_from(start);
}

std::vector<TextList> batches_of(const TextList& texts, std::size_t batch) {
  std::vector<TextList> batches;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch) {
    const std::size_t end = std::min(texts.size(), begin + batch);
    batches.emplace_back(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                         texts.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

PairedTimes compare_times(const std::vector<TextList>& batches, std::span<const double> plain_s,
                          std::span<const double> memoized_s, std::size_t rounds) {
  struct Sums {
    double plain_s = 0, memoized_s = 0;
    std::size_t texts = 0;
  };
  std::vector<Sums> sums(std::min(kGroups, batches.size()));
  for (std::size_t i = 0; i < batches.size(); ++i) {
    Sums& sum = sums[i * sums.size() / batches.size()];
    sum.plain_s += plain_s[i];
    sum.memoized_s += memoized_s[i];
    sum.texts += rounds * batches[i].size();
  }
  std::vector<double> plain_us, memoized_us, saved;
  for (const Sums& sum : sums) {
    plain_us.push_back(1e6 * sum.plain_s / static_cast<double>(sum.texts));
    memoized_us.push_back(1e6 * sum.memoized_s / static_cast<double>(sum.texts));
    saved.push_back(1 - sum.memoized_s / sum.plain_s);
  }
  return {median(plain_us), median(memoized_us), mean_interval(saved), median(saved)};
}

PathComparison compare_paths(TextPath& plain, TextPath& memoized, const TextList& texts, std::size_t batch,
                             std::size_t rounds, const Advance& advance) {
  const std::vector<TextList> batches = batches_of(texts, batch);
  std::vector<double> plain_s(batches.size()), memoized_s(batches.size());
  std::vector<ModelOutputs> plain_parts(batches.size()), memoized_parts(batches.size());
  const auto run = [&](TextPath& path, std::size_t i, std::vector<double>& seconds,
                       std::vector<ModelOutputs>& parts) {
    seconds[i] += path.run(batches[i]);
    parts[i] = path.outputs();
  };
  plain.run(batches.front());
  memoized.run(batches.front());
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < batches.size(); ++i) {
      const bool plain_first = (i + round) % 2 == 0;
      if (plain_first) run(plain, i, plain_s, plain_parts);
      run(memoized, i, memoized_s, memoized_parts);
      if (!plain_first) run(plain, i, plain_s, plain_parts);
      if (advance) advance(round * batches.size() + i + 1, rounds * batches.size());
    }
  return {compare_times(batches, plain_s, memoized_s, rounds), joined(plain_parts), joined(memoized_parts)};
}

}  // namespace memo
