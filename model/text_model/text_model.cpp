#include "model/text_model/text_model.h"

#include <algorithm>
#include <cassert>
#include <variant>

#include "model/outputs/output_identity.h"
#include "model/policy/calibration.h"

namespace memo {
namespace {

// One row for each text of the batch; equal texts have equal rows.
TextResults results_of(const OutputBatch& batch, const OutputShape& shape) {
  const auto texts = static_cast<std::int64_t>(batch.text_of.size());
  TextResults results;
  results.embeddings = Tensor::empty({texts, static_cast<std::int64_t>(shape.embedding)});
  if (shape.logits > 0) results.logits = Tensor::empty({texts, static_cast<std::int64_t>(shape.logits)});
  for (std::int64_t i = 0; i < texts; ++i) {
    const std::span<const float> row = batch.rows[batch.text_of[static_cast<std::size_t>(i)]].elements();
    std::ranges::copy(row.first(shape.embedding), results.embeddings.row(i).begin());
    if (shape.logits > 0) std::ranges::copy(row.subspan(shape.embedding), results.logits.row(i).begin());
  }
  return results;
}

// Shapes: -> [texts] of [embedding + logits]
std::vector<Tensor> rows_of(const TextResults& results) {
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < results.embeddings.size(0); ++i) {
    const std::int64_t logits = results.logits.defined() ? results.logits.size(1) : 0;
    rows.push_back(Tensor::empty({results.embeddings.size(1) + logits}));
    const auto end = std::ranges::copy(results.embeddings.row(i), rows.back().elements().begin()).out;
    if (logits > 0) std::ranges::copy(results.logits.row(i), end);
  }
  return rows;
}

}  // namespace

std::vector<TokenSequence> sequences_of(std::span<const PairEncoding> inputs) {
  std::vector<TokenSequence> batch;
  batch.reserve(inputs.size());
  for (const PairEncoding& input : inputs) batch.emplace_back(input.ids, input.types);
  return batch;
}

Result<std::unique_ptr<TextModel>> TextModel::plain(const LoadedModel& loaded, EngineOptions options,
                                                    std::uint32_t length) {
  std::unique_ptr<TextModel> model(new TextModel(loaded));
  MEMO_ASSIGN_OR_RETURN(model->length_, loaded.choose_length(length));
  MEMO_RETURN_IF_ERROR(model->make_engine(loaded.checkpoint, options));
  return model;
}

Result<std::unique_ptr<TextModel>> TextModel::memoized(const LoadedModel& loaded, Policy policy,
                                                       EngineOptions options, MemoStore& store) {
  std::unique_ptr<TextModel> model(new TextModel(loaded));
  MEMO_ASSIGN_OR_RETURN(Checkpoint checkpoint, checkpoint_for(loaded.checkpoint, policy));
  MEMO_RETURN_IF_ERROR(model->make_engine(std::move(checkpoint), options));
  MEMO_RETURN_IF_ERROR(model->memoize(std::move(policy), store));
  return model;
}

Result<std::unique_ptr<TextModel>> TextModel::memoized(const LoadedModel& loaded, const std::string& policy_path,
                                                       EngineOptions options, MemoStore& store) {
  MEMO_ASSIGN_OR_RETURN(Policy policy, Policy::load(policy_path, loaded.checkpoint.config.layers));
  return memoized(loaded, std::move(policy), options, store);
}

Result<std::unique_ptr<TextModel>> TextModel::beside(Policy policy, MemoStore& store) const {
  assert(policy.calibration.empty());
  std::unique_ptr<TextModel> model(new TextModel(loaded_));
  model->checkpoint_ = checkpoint_;
  model->engine_ = engine_;
  MEMO_RETURN_IF_ERROR(model->memoize(std::move(policy), store));
  return model;
}

Status TextModel::make_engine(Checkpoint checkpoint, EngineOptions options) {
  checkpoint_ = std::make_shared<Checkpoint>(std::move(checkpoint));
  MEMO_ASSIGN_OR_RETURN(engine_, Engine::make(*checkpoint_, options));
  return Status::ok();
}

Status TextModel::memoize(Policy policy, MemoStore& store) {
  MEMO_ASSIGN_OR_RETURN(plan_, MemoPlan::make(*checkpoint_, engine_->type(), std::move(policy), store));
  MEMO_ASSIGN_OR_RETURN(length_, loaded_.choose_length(plan_->policy().length));
  attention_ = std::make_unique<MemoizedAttention>(*plan_);
  keep(TextPart::result);
  return Status::ok();
}

OutputReuse* TextModel::reuse_of(TextPart part) {
  keep(part);
  return kept(part).reuse.get();
}

void TextModel::keep(TextPart part) {
  if (plan_ == nullptr || !plan_->policy().kinds.output || kept(part).reuse != nullptr) return;
  const OutputShape shape = shape_of(part);
  const auto longest = static_cast<std::uint32_t>(checkpoint_->config.max_positions);
  auto space = std::make_unique<OutputSpace>(identity_of(part), shape, length_buckets(shape, length_, longest),
                                             plan_->policy().selection, plan_->store());
  auto reuse = make_reuse(*space);
  kept(part) = {std::move(space), std::move(reuse)};
}

OutputShape TextModel::shape_of(TextPart part) const {
  return part == TextPart::states ? OutputShape::of_states(*checkpoint_) : OutputShape::of(*checkpoint_);
}

Digest TextModel::identity_of(TextPart part) const {
  const std::string arithmetic = engine_->arithmetic();
  const Digest fixed_maps = plan_->fixed_maps_digest();
  if (part == TextPart::states) return states_identity(*checkpoint_, arithmetic, fixed_maps);
  Checkpoint computed = *checkpoint_;  // shares its tensors
  const std::span<const EmbeddingModule> used = modules(part);
  computed.embedding_modules.assign(used.begin(), used.end());
  return output_identity(computed, arithmetic, fixed_maps);
}

bool TextModel::scales() const {
  const std::vector<EmbeddingModule>& modules = checkpoint_->embedding_modules;
  return !modules.empty() && std::holds_alternative<NormalizeModule>(modules.back());
}

std::span<const EmbeddingModule> TextModel::modules(TextPart part) const {
  const std::span<const EmbeddingModule> all = checkpoint_->embedding_modules;
  return part == TextPart::unscaled_result && scales() ? all.first(all.size() - 1) : all;
}

std::unique_ptr<OutputReuse> TextModel::make_reuse(OutputSpace& space) const {
  return std::make_unique<OutputReuse>(space, 1e-3 * static_cast<double>(plan_->policy().max_wait_ms),
                                       engine_->threads());
}

void TextModel::open_states() {
  keep(TextPart::states);
}

Status TextModel::space_status() const {
  if (plan_ != nullptr && !plan_->space_status()) return plan_->space_status();
  for (const Kept& kept : kept_)
    if (kept.space != nullptr && !kept.space->status()) return kept.space->status();
  return Status::ok();
}

AttentionSource* TextModel::source() const {
  return plan_ != nullptr && plan_->reads_maps() ? attention_.get() : nullptr;
}

TextResults TextModel::run(std::span<const TextInput> texts) {
  TextResults answers;
  measure(texts, [&](std::span<const PairEncoding> inputs) {
    if (outputs() == nullptr)
      answers = forward(inputs, source());
    else
      answers = results_of(run_the_rest(TextPart::result, inputs), shape_of(TextPart::result));
  });
  return answers;
}

std::vector<Tensor> TextModel::run_states(std::span<const TextInput> texts) {
  open_states();
  std::vector<Tensor> answers;
  measure(texts, [&](std::span<const PairEncoding> inputs) {
    if (kept(TextPart::states).reuse == nullptr) {
      engine_->forward(sequences_of(inputs), source());
      answers = states();
    } else {
      const OutputBatch batch = run_the_rest(TextPart::states, inputs);
      for (const std::size_t place : batch.text_of)
        answers.push_back(batch.rows[place].reshape(
            {static_cast<std::int64_t>(batch.texts[place].size()), checkpoint_->config.hidden}));
    }
  });
  return answers;
}

void TextModel::measure(std::span<const TextInput> texts,
                        const std::function<void(std::span<const PairEncoding> inputs)>& work) {
  double tokenize_s = 0;
  std::vector<PairEncoding> inputs;
  {
    const PartTimer timer(tokenize_s);
    inputs = tokenize(texts);
  }
  double forward_s = 0;
  const double before = engine_->attention_seconds();
  {
    const PartTimer timer(forward_s);
    work(inputs);
  }
  attention_s_ += engine_->attention_seconds() - before;
  texts_ += inputs.size();
  figures_.tokenize_s += tokenize_s * engine_->threads();
  figures_.forward_s += forward_s * engine_->threads();
  for (const PairEncoding& input : inputs) figures_.tokens += input.ids.size();
}

// Computes the results that are not known.
OutputBatch TextModel::run_the_rest(TextPart part, std::span<const PairEncoding> inputs) {
  OutputReuse& reuse = *kept(part).reuse;
  OutputBatch batch = reuse.begin(sequences_of(inputs));
  double seconds = 0;
  Computed computed;
  if (!batch.missing.empty()) {
    const PartTimer timer(seconds);
    std::vector<TokenSequence> missing;
    for (const std::size_t place : batch.missing) missing.push_back(batch.texts[place]);
    computed = compute(missing, part);
    for (std::size_t i = 0; i < missing.size(); ++i) batch.rows[batch.missing[i]] = computed.rows[i];
  }
  reuse.conclude(batch, seconds, computed.exact);
  return batch;
}

TextModel::Computed TextModel::compute(const std::vector<TokenSequence>& texts, TextPart part) {
  engine_->forward(texts, source());
  return {rows(part), exact(texts.size())};
}

std::vector<Tensor> TextModel::rows(TextPart part) const {
  return part == TextPart::states ? states() : rows_of(results(part));
}

std::vector<bool> TextModel::exact(std::size_t texts) const {
  std::vector<bool> exact(texts, true);
  if (texts > 0 && source() != nullptr)
    for (std::size_t i = 0; i < texts; ++i) exact[i] = attention_->maps_read()[i] == 0;
  return exact;
}

void TextModel::warm_up(std::span<const TextInput> texts) {
  const std::vector<PairEncoding> inputs = tokenize(texts);
  (void)forward(inputs, nullptr);
}

void TextModel::start_over() {
  figures_ = {};
  attention_s_ = 0;
  texts_ = 0;
  if (plan_ != nullptr) attention_ = std::make_unique<MemoizedAttention>(*plan_);
  for (Kept& kept : kept_)
    if (kept.space != nullptr) kept.reuse = make_reuse(*kept.space);
}

std::vector<PairEncoding> TextModel::tokenize(std::span<const TextInput> texts) {
  std::vector<PairEncoding> inputs(texts.size());
  engine_->for_each(texts.size(), [&](std::size_t i) {
    if (texts[i].pair)
      inputs[i] = loaded_.encode_pair(texts[i].text, *texts[i].pair, length_);
    else
      inputs[i].ids = loaded_.encode(texts[i].text, length_);
  });
  return inputs;
}

TextResults TextModel::forward(std::span<const PairEncoding> inputs, AttentionSource* source) {
  engine_->forward(sequences_of(inputs), source);
  return results();
}

TextResults TextModel::results(TextPart part) const {
  TextResults results;
  results.embeddings = engine_->embeddings(modules(part));
  const Task task = checkpoint_->config.task;
  if (task == Task::classification) results.logits = engine_->class_logits();
  if (task == Task::next_token) results.logits = engine_->next_token_logits();
  return results;
}

std::vector<Tensor> TextModel::states() const {
  std::vector<Tensor> states;
  for (std::size_t i = 0; i < engine_->layout().sequences(); ++i) states.push_back(engine_->states(i));
  return states;
}

TextModelFigures TextModel::figures() const {
  TextModelFigures figures = figures_;
  for (const Kept& kept : kept_) {
    if (kept.reuse == nullptr) continue;
    figures.outputs += kept.reuse->counters();
    figures.outputs_s += kept.reuse->seconds();
  }
  if (attention_ != nullptr) {
    figures.parts = attention_->seconds();
    figures.layers = attention_->counters();
  }
  if (source() == nullptr) {
    figures.parts.compute = attention_s_;
    for (LayerCounters& layer : figures.layers)
      layer.computed = kept(TextPart::result).reuse != nullptr ? figures.outputs.computed : texts_;
  }
  return figures;
}

}  // namespace memo
