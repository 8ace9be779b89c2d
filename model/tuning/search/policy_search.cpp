#include "model/tuning/search/policy_search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "client/process/progress.h"
#include "client/process/stderr_text.h"
#include "model/tuning/measure/map_averages.h"
#include "model/tuning/measure/thresholds.h"
#include "model/tuning/result/budget.h"
#include "model/tuning/result/verdict.h"
#include "model/tuning/search/head_harm.h"
#include "model/tuning/search/largest_within.h"

namespace memo {
namespace {

constexpr std::size_t kQuickTexts = 160;
// About how many sets of whole layers are tried.
constexpr std::size_t kSteps = 8;
// How much farther embeddings of fixed layers are from plain ones before calibration. Decides where a search begins.
constexpr double kMendedByCalibration = 1.6;
// How many numbers of single heads are tried.
constexpr int kHeadTrials = 4;

using Layers = std::vector<LayerPolicy>;

LayerPolicy fixed_layer(std::size_t layer) {
  LayerPolicy policy;
  policy.mode = HeadMode::fixed;
  policy.map = average_name(layer);
  return policy;
}

class Search {
 public:
  Search(const TrialGround& ground, const SearchInput& input)
      : ground_(ground),
        input_(input),
        layers_(ground.model().checkpoint.layers.size()),
        step_((layers_ + kSteps - 1) / kSteps) {}

  Result<SearchResult> run() {
    MEMO_RETURN_IF_ERROR(order_layers());
    MEMO_ASSIGN_OR_RETURN(const std::size_t within, ground_.options.frontier ? climb() : descend());
    MEMO_RETURN_IF_ERROR(refine(within));
    MEMO_RETURN_IF_ERROR(try_lookups());
    std::ranges::sort(result_.trials, {}, [](const Trial& trial) { return trial.candidate.saved; });
    return std::move(result_);
  }

 private:
  Status order_layers() {
    Progress progress("ordering layers by harm");
    std::vector<double> harm;
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      Layers alone(layers_);
      alone[layer] = fixed_layer(layer);
      MEMO_ASSIGN_OR_RETURN(const double found, quick_cosine(ground_, alone, kQuickTexts));
      harm.push_back(1 - found);
      progress.update(static_cast<double>(layer + 1) / static_cast<double>(layers_), layer + 1);
    }
    order_.resize(layers_);
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return harm[a] < harm[b]; });
    heads_ = harm_of_heads(input_.similarities, harm);
    return Status::ok();
  }

  // Tries all numbers of layers. -> the largest that keeps the budget
  Result<std::size_t> climb() {
    std::size_t within = 0;
    for (std::size_t count = step_; count < layers_ + step_; count += step_) {
      const std::size_t whole = std::min(count, layers_);
      MEMO_ASSIGN_OR_RETURN(const bool kept, try_first(whole, 0));
      if (kept) within = whole;
    }
    return within;
  }

  // -> the largest number of layers found to keep the budget
  Result<std::size_t> descend() {
    MEMO_ASSIGN_OR_RETURN(const std::size_t likely, likely_layers());
    return largest_within(layers_, step_, likely, [this](std::size_t whole) { return try_first(whole, 0); });
  }

  // With labels all layers, which save most. Without labels, the layers that keep a wider budget while they are
  // uncalibrated.
  Result<std::size_t> likely_layers() {
    if (input_.budget.labels) return layers_;
    const double widened = ground_.options.calibrate ? kMendedByCalibration : 1;
    std::size_t likely = 0;
    for (std::size_t count = step_; count <= layers_; count += step_) {
      MEMO_ASSIGN_OR_RETURN(const double cosine, quick_cosine(ground_, fixed_first(count, 0), kQuickTexts));
      if (1 - cosine > widened * (1 - input_.budget.cosine)) break;
      likely = count;
    }
    return likely;
  }

  // Adds single heads of the other layers, as many as keep the budget.
  Status refine(std::size_t within) {
    std::size_t kept_heads = 0;
    std::size_t beyond = heads_behind(within).size();
    for (int i = 0; i < kHeadTrials && beyond - kept_heads > 1; ++i) {
      const std::size_t heads =
          kept_heads + std::max<std::size_t>(1, (beyond - kept_heads) / (kept_heads == 0 ? 3 : 2));
      MEMO_ASSIGN_OR_RETURN(const bool kept, try_first(within, heads));
      (kept ? kept_heads : beyond) = heads;
    }
    return Status::ok();
  }

  // Heads of the layers that are not among the first `whole`; the least harmful first.
  std::vector<HeadHarm> heads_behind(std::size_t whole) const {
    std::vector<HeadHarm> heads;
    for (const HeadHarm& head : heads_)
      if (std::find(order_.begin() + static_cast<std::ptrdiff_t>(whole), order_.end(), head.layer) != order_.end())
        heads.push_back(head);
    return heads;
  }

  // Tries the best candidate so far with lookups where it computes.
  Status try_lookups() {
    const Trial* best = result_.chosen();
    Layers layers = best != nullptr ? best->candidate.layers : Layers(layers_);
    bool any = false;
    for (std::size_t i = 0; i < layers_; ++i) {
      if (layers[i].mode != HeadMode::compute) continue;
      layers[i].mode = HeadMode::lookup;
      layers[i].max_distance = widest_paying_threshold(input_.thresholds, static_cast<std::uint32_t>(i));
      any = true;
    }
    if (!any) return Status::ok();
    // Calibrated for fixed maps only. Calibrated for lookups, it would be another model, whose maps no store has yet.
    const std::string calibration = best != nullptr ? best->calibration : "";
    MEMO_RETURN_IF_ERROR(fill_store(ground_, layers, calibration, input_.stored));
    // The measured texts are not published, or lookups would find their own maps.
    for (LayerPolicy& layer : layers) layer.publish = false;
    const std::string name = best != nullptr ? best->candidate.name + ", lookups elsewhere" : "lookups";
    MEMO_ASSIGN_OR_RETURN(Trial trial, try_candidate(ground_, name, layers, calibration));
    (void)keep(std::move(trial));
    return Status::ok();
  }

  std::string name_of(std::size_t whole, std::size_t heads) const {
    const std::string single = fmt::format("{} {}", heads, heads == 1 ? "head" : "heads");
    if (whole == 0) return single;
    std::vector<std::size_t> fixed(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(whole));
    std::sort(fixed.begin(), fixed.end());
    const std::string layers = fmt::format("layers {}", fmt::join(fixed, " "));
    return heads == 0 ? layers : fmt::format("{} and {} of others", layers, single);
  }

  // The first `whole` layers, and the first `heads` of the others' heads.
  Layers fixed_first(std::size_t whole, std::size_t heads) const {
    Layers layers(layers_);
    for (std::size_t i = 0; i < whole; ++i) layers[order_[i]] = fixed_layer(order_[i]);
    for (const HeadHarm& head : heads_behind(whole)) {
      if (heads-- == 0) break;
      layers[head.layer].map = average_name(head.layer);
      layers[head.layer].fixed_heads.push_back(head.head);
    }
    const auto all = static_cast<std::size_t>(ground_.model().checkpoint.config.heads);
    for (std::size_t i = 0; i < layers_; ++i) {
      std::sort(layers[i].fixed_heads.begin(), layers[i].fixed_heads.end());
      if (layers[i].fixed_heads.size() == all) layers[i] = fixed_layer(i);
    }
    return layers;
  }

  Result<bool> try_first(std::size_t whole, std::size_t heads) {
    const Layers layers = fixed_first(whole, heads);
    const std::string name = name_of(whole, heads);
    std::string calibration;
    if (ground_.options.calibrate) {
      MEMO_ASSIGN_OR_RETURN(calibration, fit_calibration(ground_, name, layers));
    }
    MEMO_ASSIGN_OR_RETURN(Trial trial, try_candidate(ground_, name, layers, calibration));
    return keep(std::move(trial));
  }

  // -> whether it keeps the budget
  bool keep(Trial trial) {
    Candidate& candidate = trial.candidate;
    candidate.in_budget = in_budget(candidate, input_.budget);
    if (candidate.in_budget && candidate.saved > best_) {
      best_ = candidate.saved;
      for (Trial& other : result_.trials) other.candidate.chosen = false;
      candidate.chosen = true;
    }
    print_stderr("{}", candidate_line(candidate));
    trial.model.reset();
    result_.trials.push_back(std::move(trial));
    return result_.trials.back().candidate.in_budget;
  }

  const TrialGround& ground_;
  const SearchInput& input_;
  const std::size_t layers_;
  const std::size_t step_;
  std::vector<std::size_t> order_;  // layers, the least harmful first
  std::vector<HeadHarm> heads_;     // the least harmful first
  double best_ = kMinSaved;
  SearchResult result_;
};

}  // namespace

const Trial* SearchResult::chosen() const {
  const auto found = std::ranges::find_if(trials, [](const Trial& trial) { return trial.candidate.chosen; });
  return found == trials.end() ? nullptr : &*found;
}

std::vector<Candidate> SearchResult::candidates() const {
  std::vector<Candidate> all;
  for (const Trial& trial : trials) all.push_back(trial.candidate);
  return all;
}

Result<SearchResult> search_policy(const TrialGround& ground, const SearchInput& input) {
  return Search(ground, input).run();
}

}  // namespace memo
