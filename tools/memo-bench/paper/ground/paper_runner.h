// PaperRunner: one way to run texts - plainly, or memoized with thresholds of its own - and what it took.
#pragma once

#include <memory>
#include <vector>

#include "model/memo/memoized_attention.h"
#include "model/tuning/measure/text_path.h"
#include "tools/memo-bench/paper/ground/paper_ground.h"

namespace memo {

// A distance that every map is within.
inline constexpr float kAnyDistance = 1e30f;

// What a memoized runner does in each layer. Shapes: max_distance [layers]
struct RunnerPolicy {
  std::vector<float> max_distance;
  bool publish = false;
};

// Where a runner's time went. Units: seconds
struct RunnerTimes {
  double total = 0;     // of the whole path
  double tokenize = 0;  // of it
  PartSeconds parts;    // of it, too; compute includes plain runs
};

// Threads: one at a time; runners that share an engine take turns.
class PaperRunner {
 public:
  // judge may be null. Lifetime: all outlive this.
  static std::unique_ptr<PaperRunner> plain(TextModel& plain, const Judge* judge);
  // Errors: as MemoPlan::make; of its spaces.
  static Result<std::unique_ptr<PaperRunner>> memoized(const PaperGround& ground, const TextModel& plain,
                                                       MemoStore& store, const RunnerPolicy& policy,
                                                       const Judge* judge);

  // Runs some texts that are not measured: first touches, and caches of the engine.
  void warm_up(const TextList& batch);
  // -> wall seconds, tokenizing included
  double run(const TextList& batch);
  const ModelOutputs& outputs() const { return path_->outputs(); }
  RunnerTimes times() const;
  // None of a plain runner. Shapes: -> [layers]
  std::vector<LayerCounters> counters() const;

 private:
  PaperRunner(TextModel& model, const Judge* judge) : model_(model), judge_(judge) {}
  // With counters at 0.
  void start();

  std::unique_ptr<TextModel> own_;  // null: plain
  TextModel& model_;
  const Judge* judge_;
  std::unique_ptr<TextPath> path_;
  double total_s_ = 0;
  double attention_s_ = 0;  // of the engine, in these runs
};

}  // namespace memo
