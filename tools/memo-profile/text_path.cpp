#include "tools/memo-profile/text_path.h"

#include <algorithm>
#include <chrono>

#include "tools/memo-profile/statistics.h"

namespace memo {
namespace {

// Batches whose times are summed before two sums are compared: single batches differ in length.
constexpr std::size_t kGroups = 20;

std::vector<TextList> batches_of(const TextList& texts, std::size_t batch) {
  std::vector<TextList> batches;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch) {
    const std::size_t end = std::min(texts.size(), begin + batch);
    batches.emplace_back(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                         texts.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

}  // namespace

double TextPath::run(const TextList& batch) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Tokens> tokens(batch.size());
  engine_.for_each(batch.size(),
                   [&](std::size_t i) { tokens[i] = model_.tokenizer->encode(batch[i]->text, length_); });
  const std::vector<std::span<const std::int32_t>> sequences(tokens.begin(), tokens.end());
  const ModelOutputs outputs = run_batch(engine_, source_, sequences);
  if (judge_ != nullptr) (void)judge_->right(batch, outputs);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

PairedTimes time_paths(TextPath& plain, TextPath& memoized, const TextList& texts, std::size_t batch,
                       std::size_t rounds, const Advance& advance) {
  const std::vector<TextList> batches = batches_of(texts, batch);
  const std::size_t groups = std::min(kGroups, batches.size());
  struct Sums {
    double plain_s = 0, memoized_s = 0;
    std::size_t texts = 0;
  };
  std::vector<Sums> sums(groups);
  plain.run(batches.front());
  memoized.run(batches.front());
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < batches.size(); ++i) {
      Sums& sum = sums[i * groups / batches.size()];
      const bool plain_first = (i + round) % 2 == 0;
      if (plain_first) sum.plain_s += plain.run(batches[i]);
      sum.memoized_s += memoized.run(batches[i]);
      if (!plain_first) sum.plain_s += plain.run(batches[i]);
      sum.texts += batches[i].size();
      if (advance) advance(round * batches.size() + i + 1, rounds * batches.size());
    }
  std::vector<double> plain_us, memoized_us, saved;
  for (const Sums& sum : sums) {
    plain_us.push_back(1e6 * sum.plain_s / static_cast<double>(sum.texts));
    memoized_us.push_back(1e6 * sum.memoized_s / static_cast<double>(sum.texts));
    saved.push_back(1 - sum.memoized_s / sum.plain_s);
  }
  return {median(plain_us), median(memoized_us), mean_interval(saved)};
}

}  // namespace memo
