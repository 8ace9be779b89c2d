#include "model/tuning/result/verdict.h"

#include <fmt/format.h>

namespace memo {
namespace {

std::string loss(const ProfileResult& result) {
  if (result.test.lost)
    return fmt::format(
        "{:.1f} points of accuracy lost (95 % interval {:.1f} to {:.1f}; {:.1f} % instead of {:.1f} %), "
        "cosine {:.3f}",
        result.test.lost->mean, result.test.lost->low, result.test.lost->high, *result.test.memoized_accuracy,
        *result.test.plain_accuracy, result.test.cosine);
  return fmt::format("mean cosine to the plain embedding {:.3f} (95 % of texts above {:.3f})", result.test.cosine,
                     result.test.cosine_p05);
}

}  // namespace

std::string verdict(const ProfileResult& result) {
  if (!result.pays)
    return "Compute everything: no policy that was tried saves time within the budget on these texts.";
  return fmt::format("Memoization saves {:.1f} % of the time of a text (95 % interval {:.1f} to {:.1f}), with {}.",
                     100 * result.test.saved.mean, 100 * result.test.saved.low, 100 * result.test.saved.high,
                     loss(result));
}

std::string candidate_line(const Candidate& candidate) {
  const std::string lost = candidate.lost ? fmt::format("{:6.2f} ± {:.2f}", candidate.lost->mean,
                                                        candidate.lost->high - candidate.lost->mean)
                                          : std::string("            -");
  return fmt::format("  {:<34} {:>6.1f} %  {}  {:.4f}  {}{}\n", candidate.name, 100 * candidate.saved, lost,
                     candidate.cosine, candidate.in_budget ? "in budget" : "beyond it",
                     candidate.chosen ? ", chosen" : "");
}

std::string summary_text(const ProfileResult& result, const std::string& output) {
  const std::uint64_t judged = result.setting.judged_texts;
  std::string text =
      fmt::format("{}\n\nOn validation texts{}:\n  {:<34} {:>8}  {:>13}  {}\n", result.verdict,
                  judged > 0 ? fmt::format(" (points lost: of {} texts, see the report)", judged) : "", "fixed",
                  "saved", "points lost", "cosine");
  for (const Candidate& candidate : result.candidates) text += candidate_line(candidate);
  return text + fmt::format("\nWritten to {}\n", output);
}

}  // namespace memo
