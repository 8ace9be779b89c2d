#include "tools/memo-bench/paper/experiments/threshold_experiment.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

#include "model/tuning/search/candidate_trial.h"
#include "tools/memo-bench/paper/experiments/threshold_figures.h"
#include "tools/memo-bench/paper/ground/paper_runner.h"
#include "tools/memo-bench/paper/ground/thresholds.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// What the paper reports of BERT: threshold on similarity, share of layers' maps that were read, points of
// accuracy lost.
struct PublishedRow {
  double similarity, rate, lost;
};
constexpr PublishedRow kPublished[] = {{0.9, 0.14, 1.0}, {0.8, 0.42, 1.5}, {0.7, 0.68, 3.1}, {0, 1, 9.3}};

// Counts the test texts whose tokens are those of a stored text.
std::size_t count_repeats(const PaperGround& ground) {
  std::set<Tokens> stored;
  for (const ProfileText* text : ground.stored()) stored.insert(text->tokens);
  std::size_t repeats = 0;
  for (const ProfileText* text : ground.test()) repeats += stored.contains(text->tokens) ? 1 : 0;
  return repeats;
}

// A runner, with its time and its outputs for each batch.
struct Contestant {
  std::unique_ptr<PaperRunner> runner;
  std::vector<double> seconds;        // [batches]
  std::vector<ModelOutputs> outputs;  // [batches]
};

class ThresholdExperiment {
 public:
  ThresholdExperiment(PaperGround& ground, MapPool& pool)
      : ground_(ground), pool_(pool), batches_(batches_of(ground.test(), ground.options().batch)) {}

  Result<Json> run() {
    MEMO_RETURN_IF_ERROR(pool_.fill(ground_.stored(), ground_.stored().size()));
    MEMO_RETURN_IF_ERROR(probe());
    MEMO_RETURN_IF_ERROR(fit_judge());
    MEMO_RETURN_IF_ERROR(make_contestants());
    run_batches();
    return figures();
  }

 private:
  Status probe() {
    SimilarityProbe probe(pool_.model(), ground_.averages());
    Progress progress("comparing maps");
    MEMO_ASSIGN_OR_RETURN(
        probe_, probe.ask(ground_.stored(), ground_.probes(), ground_.options().batch, ground_.advance(progress)));
    thresholds_ = paper_thresholds(ground_.options(), predict_similarity(probe_));
    return Status::ok();
  }

  Status fit_judge() {
    if (!ground_.has_labels()) return Status::ok();
    const TextList texts = head_texts(ground_.corpus());
    Progress progress("fitting the head");
    const ModelOutputs outputs =
        run_texts(ground_.plain().engine(), nullptr, texts, ground_.options().batch, ground_.advance(progress));
    const ModelConfig& config = ground_.model().checkpoint.config;
    const std::vector<std::string>& classes = ground_.corpus().classes();
    MEMO_ASSIGN_OR_RETURN(judge_,
                          Judge::fit(config, classes, texts, outputs, head_l2(config, classes, texts, outputs)));
    return Status::ok();
  }

  const Judge* judge() const { return judge_ ? &*judge_ : nullptr; }

  Status make_contestants() {
    add(PaperRunner::plain(ground_.plain(), judge()));
    for (const PaperThreshold& threshold : thresholds_) {
      MEMO_ASSIGN_OR_RETURN(auto runner, PaperRunner::memoized(ground_, ground_.plain(), pool_.store(),
                                                               {threshold.max_distance, false}, judge()));
      add(std::move(runner));
    }
    return Status::ok();
  }

  void add(std::unique_ptr<PaperRunner> runner) {
    contestants_.push_back(
        {std::move(runner), std::vector<double>(batches_.size()), std::vector<ModelOutputs>(batches_.size())});
  }

  // In each step every contestant runs a different batch. What disturbs the machine disturbs all of them, and none
  // reads a map that another one has just brought into the caches.
  void run_batches() {
    Progress progress("running test texts");
    const Advance advance = ground_.advance(progress);
    for (Contestant& contestant : contestants_)
      contestant.runner->warm_up(first(ground_.probes(), ground_.options().batch));
    const std::size_t stride = std::max<std::size_t>(1, batches_.size() / contestants_.size());
    for (std::size_t step = 0; step < batches_.size(); ++step) {
      for (std::size_t i = 0; i < contestants_.size(); ++i) {
        const std::size_t batch = (step + i * stride) % batches_.size();
        contestants_[i].seconds[batch] = contestants_[i].runner->run(batches_[batch]);
        contestants_[i].outputs[batch] = contestants_[i].runner->outputs();
      }
      advance(step + 1, batches_.size());
    }
  }

  Json figures() const {
    Json rows = Json::array();
    const ModelOutputs plain = joined(contestants_.front().outputs);
    for (std::size_t i = 0; i < thresholds_.size(); ++i)
      rows.push_back(row(thresholds_[i], contestants_[i + 1], plain));
    Json published = Json::array();
    for (const PublishedRow& theirs : kPublished)
      published.push_back({{"similarity", theirs.similarity}, {"rate", theirs.rate}, {"lost", theirs.lost}});
    Json result{{"texts", ground_.test().size()}, {"repeats", count_repeats(ground_)}};
    if (judge()) result["plain"] = {{"accuracy", per_cent(judge_->right(ground_.test(), plain))}};
    result["rows"] = std::move(rows);
    result["published"] = std::move(published);
    return result;
  }

  Json row(const PaperThreshold& threshold, const Contestant& contestant, const ModelOutputs& plain) const {
    const WithinThreshold found = within(probe_, ground_.probes().size(), threshold.max_distance);
    Json row{{"name", threshold.name},
             {"max_distance", threshold.max_distance},
             {"predicted_similarity", threshold.predicted_similarity},
             {"read_similarity", found.similarity}};
    if (threshold.similarity) row["similarity"] = *threshold.similarity;
    row.update(rate_figures(contestant.runner->counters()));
    row.update(quality_figures(ground_.test(), judge(), plain, joined(contestant.outputs)));
    row.update(time(contestant));
    return row;
  }

  Json time(const Contestant& contestant) const {
    const PairedTimes times = compare_times(batches_, contestants_.front().seconds, contestant.seconds, 1);
    const RunnerTimes spent = contestant.runner->times();
    const auto each = [&](double seconds) { return 1e6 * seconds / static_cast<double>(ground_.test().size()); };
    return {{"plain_us", times.plain_us},
            {"memoized_us", times.memoized_us},
            {"saved", json_of(times.saved)},
            {"parts_us",
             {{"tokenize", each(spent.tokenize)},
              {"features", each(spent.parts.embed)},
              {"search", each(spent.parts.search)},
              {"read", each(spent.parts.read)},
              {"compute", each(spent.parts.compute)}}}};
  }

  PaperGround& ground_;
  MapPool& pool_;
  const std::vector<TextList> batches_;  // of the test texts
  ProbeResult probe_;
  std::vector<PaperThreshold> thresholds_;
  std::optional<Judge> judge_;
  std::vector<Contestant> contestants_;  // plain, then one for each threshold
};

}  // namespace

Result<Json> run_threshold_experiment(PaperGround& ground, MapPool& pool) {
  return ThresholdExperiment(ground, pool).run();
}

}  // namespace memo
