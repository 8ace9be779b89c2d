// MemoizedAttention: attention that takes its maps from a store where it can.
//
// The heads of mode lookup of a sequence go one of two ways:
//   hit    only their values are projected, and the context is read straight from the stored map, or from a blend
//          of the nearest ones; when one of them turns out to have changed meanwhile (View::intact), they are
//          computed after all
//   miss   everything is computed, and the map is encoded into a draft and published
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "model/engine/attention_source.h"
#include "model/memo/layer_input.h"
#include "model/memo/map_finder.h"
#include "model/memo/map_publisher.h"
#include "model/memo/memo_plan.h"
#include "model/memo/selection/saving_estimate.h"

namespace memo {

// Threads: as AttentionSource; one object per engine, while the plan is shared.
// Errors: none. Every layer gets a context, whatever the store does; counters() tells what happened.
class MemoizedAttention : public AttentionSource {
 public:
  // Lifetime: the plan outlives this.
  explicit MemoizedAttention(MemoPlan& plan);

  // Requires: no sequence is longer than plan.policy().length.
  void begin(TokenSequences batch) override;
  // begin() for a batch that has reached some layer with these lineages. Shapes: [batch]
  void resume(std::vector<Lineage> lineages, std::vector<std::uint32_t> lengths);
  const std::vector<Lineage>& lineages() const { return lineages_; }
  LayerAttention prepare(std::size_t layer, const LayerStates& input) override;
  bool intact(std::size_t sequence) const override;
  void finish(std::size_t layer, std::span<const SequenceOutcome> outcomes) override;

  // How many layers of the last batch's texts read a map that was found, so that the text's result may differ a little
  // from a computed one. Shapes: [batch]
  std::span<const std::size_t> maps_read() const { return read_; }
  const std::vector<LayerCounters>& counters() const { return counters_; }  // [layers]
  const PartSeconds& seconds() const { return seconds_; }
  const OnlineSelection& selection() const { return selection_; }

 private:
  void start_batch();
  void ask_early();
  void prepare_lookups(const LayerInput& input, LayerAttention& attention);
  void prepare_fixed(std::size_t layer, LayerAttention& attention);
  // Looks for the layer's fixed map in the store, unless this already holds it.
  void find_fixed_map(std::size_t layer);
  void prepare_drafts(const LayerInput& input, LayerAttention& attention);
  // Features of the drafts that should be found by similarity: all drafts while such lookups pay, else the
  // smallest sample, which shows when they pay again.
  void make_features(const LayerInput& input);
  bool finds_similar_maps(std::size_t layer) const;
  void finish_sequence(std::size_t layer, std::size_t sequence, const SequenceOutcome& outcome);
  void publish(std::size_t layer, std::size_t sequence);
  void hand_over(std::size_t layer, std::size_t sequence);
  // Called when the batch is done: records what it says about lookups and publishes.
  void conclude();
  void record_early();
  void report_publishes();
  // What a text that hits in every layer saves; nothing before a map was computed.
  std::optional<double> saved_by_a_text_us() const;

  MemoPlan& plan_;
  const MapFinder finder_;
  EarlyLookup early_;
  const MapPublisher publisher_;
  std::vector<Lineage> lineages_;            // [batch]
  std::vector<std::uint32_t> lengths_;       // [batch]
  std::vector<LayerCounters> counters_;      // [layers]
  std::vector<SavingEstimate> savings_;      // [layers]
  std::map<std::size_t, Match> fixed_held_;  // by layer
  PartSeconds seconds_;
  OnlineSelection selection_;

  // Of the current batch:
  std::chrono::steady_clock::time_point begun_;
  std::uint32_t threads_ = 1;
  std::vector<Admission::Verdict> verdicts_;  // [batch]
  bool early_pays_ = true;                    // or the gate probes: not asked only for the sample
  bool early_answered_ = false;
  double early_s_ = 0;
  std::vector<bool> early_hits_;   // [batch]: read at least one layer's map that was found by key
  double early_saved_us_ = 0;      // by all of them together
  std::vector<std::size_t> read_;  // [batch]: layers whose map was found, by key or similarity, and read
  std::vector<bool> published_;    // [batch]: at least one layer's map
  double publish_us_ = 0;

  // Of the current layer:
  std::vector<MapBlend> blends_;              // [batch]
  std::vector<std::optional<Draft>> drafts_;  // [batch]
  std::optional<FeatureTable> features_;
  const Match* fixed_used_ = nullptr;
};

}  // namespace memo
