// TextModel: the one door to a model: texts in; embeddings, scores and their tokens out, in batches. It is a model's
// folder on an engine; with a policy and a store it is memoized.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/memo_store.h"
#include "model/engine/engine.h"
#include "model/memo/memoized_attention.h"
#include "model/memo/selection/memo_counters.h"
#include "model/outputs/output_reuse.h"
#include "model/text/loaded_model.h"

namespace memo {

// A text, or two that are one input. Lifetime: what it refers to outlives the call that it is given to.
struct TextInput {
  std::string_view text;
  std::optional<std::string_view> pair = std::nullopt;
};

// The batch that an engine takes. Lifetime: inputs outlive it.
std::vector<TokenSequence> sequences_of(std::span<const PairEncoding> inputs);

// What is made of a text: its result; the same without the last module where that scales an embedding to length 1; or
// the final states of its tokens.
enum class TextPart : std::uint8_t { result, unscaled_result, states };
inline constexpr std::array kTextParts = {TextPart::result, TextPart::unscaled_result, TextPart::states};

// The results of a batch, in its order.
struct TextResults {
  Tensor embeddings;  // [texts, embedding size]
  Tensor logits;      // [texts, labels or vocabulary]; undefined where the model has no head
};

// Where the time of all run() calls went. Units: thread-seconds
struct TextModelFigures {
  PartSeconds parts;  // of attention
  double tokenize_s = 0;
  double forward_s = 0;  // parts included
  std::uint64_t tokens = 0;
  std::vector<LayerCounters> layers;  // empty without memos
  OutputCounters outputs;
  OutputSeconds outputs_s;
};

// Threads: one caller at a time, for all that share an engine together.
class TextModel {
 public:
  // Everything is computed. length: in tokens, the longest input; 0: the folder's own.
  // Lifetime: loaded outlives this. Errors: as LoadedModel::choose_length and Engine::make.
  static Result<std::unique_ptr<TextModel>> plain(const LoadedModel& loaded, EngineOptions options,
                                                  std::uint32_t length);
  // With memos of the policy's kinds, and the weights that it was calibrated for. The length is the policy's.
  // Lifetime: loaded and store outlive this. Errors: as checkpoint_for, plain() and MemoPlan::make.
  static Result<std::unique_ptr<TextModel>> memoized(const LoadedModel& loaded, Policy policy,
                                                     EngineOptions options, MemoStore& store);
  // The same with a policy's file.
  static Result<std::unique_ptr<TextModel>> memoized(const LoadedModel& loaded, const std::string& policy_path,
                                                     EngineOptions options, MemoStore& store);
  // The same model on the same engine with memos: for comparisons. Requires: the policy has no calibration.
  // Lifetime: store outlives the result. Errors: as LoadedModel::choose_length and MemoPlan::make.
  Result<std::unique_ptr<TextModel>> beside(Policy policy, MemoStore& store) const;

  const LoadedModel& loaded() const { return loaded_; }
  std::uint32_t length() const { return length_; }
  DataType type() const { return engine_->type(); }
  std::uint32_t threads() const { return engine_->threads(); }

  // Requires: texts is not empty, and has pairs only where the model's tokenizer takes them.
  TextResults run(std::span<const TextInput> texts);
  // The final states of each text's tokens, special tokens included, before pooling; with memos of their own where
  // results have memos. Equal texts of a batch share their elements. Requires: as run().
  // Shapes: -> [texts] of [tokens, hidden]
  std::vector<Tensor> run_states(std::span<const TextInput> texts);
  // Opens the spaces of states, where they are kept. Otherwise the first run_states() does.
  void open_states();
  // As run() without memos, and without leaving a trace in the figures.
  void warm_up(std::span<const TextInput> texts);
  TextModelFigures figures() const;
  // Forgets what was counted, and what lookups were found to be worth.
  void start_over();

  // The two halves of run(), which count in no figures.
  std::vector<PairEncoding> tokenize(std::span<const TextInput> texts);
  // source: null computes everything. Shapes: inputs [texts], not empty
  TextResults forward(std::span<const PairEncoding> inputs, AttentionSource* source);

  // For callers that ask reuse_of(part) themselves, as a service for many does.
  struct Computed {
    std::vector<Tensor> rows;  // [texts][numbers of an OutputShape]
    std::vector<bool> exact;   // [texts]: computed from its tokens alone, and not with maps of other texts
  };
  // Computes texts with the policy's maps, whether they are known or not.
  Computed compute(const std::vector<TokenSequence>& texts, TextPart part);
  OutputShape shape_of(TextPart part) const;
  // Null: the policy keeps no results. Opens what is needed for it.
  OutputReuse* reuse_of(TextPart part);
  // Null also where nobody has opened it.
  const OutputReuse* reuse_of_opened(TextPart part) const { return kept(part).reuse.get(); }

  // For what looks into a model: experiments, searches, tests.
  Engine& engine() { return *engine_; }
  // Null: plain.
  MemoPlan* plan() { return plan_.get(); }
  MemoizedAttention* attention() { return attention_.get(); }
  // Null: the policy keeps no results.
  OutputReuse* outputs() { return kept(TextPart::result).reuse.get(); }
  // Whether embeddings are scaled to length 1 at the end.
  bool scales() const;
  // Whether the store took the spaces of all memos. Errors: as MemoStore::open_space.
  Status space_status() const;

 private:
  explicit TextModel(const LoadedModel& loaded) : loaded_(loaded) {}
  Status make_engine(Checkpoint checkpoint, EngineOptions options);
  Status memoize(Policy policy, MemoStore& store);
  // What is kept of texts: their results, or their states. Both null: not kept.
  struct Kept {
    std::unique_ptr<OutputSpace> space;
    std::unique_ptr<OutputReuse> reuse;
  };
  void keep(TextPart part);
  Kept& kept(TextPart part) { return kept_[static_cast<std::size_t>(part)]; }
  const Kept& kept(TextPart part) const { return kept_[static_cast<std::size_t>(part)]; }
  Digest identity_of(TextPart part) const;
  // All modules, or all but the last.
  std::span<const EmbeddingModule> modules(TextPart part) const;
  std::unique_ptr<OutputReuse> make_reuse(OutputSpace& space) const;
  // Null where every head of every layer computes.
  AttentionSource* source() const;
  // Makes tokens of the texts, calls work(inputs), and measures both.
  void measure(std::span<const TextInput> texts,
               const std::function<void(std::span<const PairEncoding> inputs)>& work);
  OutputBatch run_the_rest(TextPart part, std::span<const PairEncoding> inputs);
  // Of the engine's last batch.
  TextResults results(TextPart part = TextPart::result) const;
  std::vector<Tensor> states() const;
  std::vector<Tensor> rows(TextPart part) const;
  // Whether each text of the last batch of the engine was computed from its tokens alone.
  std::vector<bool> exact(std::size_t texts) const;

  const LoadedModel& loaded_;
  std::uint32_t length_ = 0;
  std::shared_ptr<const Checkpoint> checkpoint_;
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<MemoPlan> plan_;
  std::unique_ptr<MemoizedAttention> attention_;
  std::array<Kept, kTextParts.size()> kept_;  // by TextPart
  TextModelFigures figures_;
  double attention_s_ = 0;
  std::uint64_t texts_ = 0;
};

}  // namespace memo
