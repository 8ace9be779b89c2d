#include "model/text_model/text_model.h"

#include <algorithm>
#include <cassert>

#include "model/outputs/output_identity.h"
#include "model/policy/calibration.h"

namespace memo {
namespace {

// A row for each text of the batch, equal ones alike.
TextResults results_of(const OutputBatch& batch, const OutputShape& shape) {
  const auto texts = static_cast<std::int64_t>(batch.text_of.size());
  TextResults results;
  results.embeddings = Tensor::empty({texts, static_cast<std::int64_t>(shape.embedding)});
  if (shape.logits > 0) results.logits = Tensor::empty({texts, static_cast<std::int64_t>(shape.logits)});
  for (std::int64_t i = 0; i < texts; ++i) {
    const std::span<const float> row =
        batch.rows.row(static_cast<std::int64_t>(batch.text_of[static_cast<std::size_t>(i)]));
    std::ranges::copy(row.first(shape.embedding), results.embeddings.row(i).begin());
    if (shape.logits > 0) std::ranges::copy(row.subspan(shape.embedding), results.logits.row(i).begin());
  }
  return results;
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
  if (plan_->policy().kinds.output) {
    const Digest identity = output_identity(*checkpoint_, engine_->arithmetic(), plan_->fixed_maps_digest());
    output_space_ = std::make_unique<OutputSpace>(identity, OutputShape::of(*checkpoint_),
                                                  static_cast<std::uint32_t>(checkpoint_->config.max_positions),
                                                  plan_->policy().selection, store);
    reuse_outputs();
  }
  return Status::ok();
}

void TextModel::reuse_outputs() {
  outputs_ = std::make_unique<OutputReuse>(*output_space_, 1e-3 * static_cast<double>(plan_->policy().max_wait_ms),
                                           engine_->threads());
}

Status TextModel::space_status() const {
  if (plan_ != nullptr && !plan_->space_status()) return plan_->space_status();
  return output_space_ != nullptr ? output_space_->status() : Status::ok();
}

AttentionSource* TextModel::source() const {
  return plan_ != nullptr && plan_->reads_maps() ? attention_.get() : nullptr;
}

TextResults TextModel::run(std::span<const TextInput> texts) {
  double tokenize_s = 0;
  std::vector<PairEncoding> inputs;
  {
    const PartTimer timer(tokenize_s);
    inputs = tokenize(texts);
  }
  double forward_s = 0;
  TextResults results;
  const double before = engine_->attention_seconds();
  {
    const PartTimer timer(forward_s);
    results = outputs_ != nullptr ? run_the_rest(inputs) : forward(inputs, source());
  }
  attention_s_ += engine_->attention_seconds() - before;
  texts_ += inputs.size();
  figures_.tokenize_s += tokenize_s * engine_->threads();
  figures_.forward_s += forward_s * engine_->threads();
  for (const PairEncoding& input : inputs) figures_.tokens += input.ids.size();
  return results;
}

// What is not known is computed, and each text gets its row.
TextResults TextModel::run_the_rest(std::span<const PairEncoding> inputs) {
  const std::vector<TokenSequence> sequences = sequences_of(inputs);
  OutputBatch batch = outputs_->begin(sequences);
  double seconds = 0;
  if (!batch.missing.empty()) {
    const PartTimer timer(seconds);
    compute(batch);
  }
  outputs_->conclude(batch, seconds, exact(batch.missing.size()));
  return results_of(batch, output_space_->shape());
}

void TextModel::compute(OutputBatch& batch) {
  std::vector<TokenSequence> missing;
  for (const std::size_t place : batch.missing) missing.push_back(batch.texts[place]);
  const TextResults computed = forward(missing, source());
  const std::size_t embedding = output_space_->shape().embedding;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const std::span<float> row = batch.rows.row(static_cast<std::int64_t>(batch.missing[i]));
    std::ranges::copy(computed.embeddings.row(static_cast<std::int64_t>(i)), row.begin());
    if (computed.logits.defined())
      std::ranges::copy(computed.logits.row(static_cast<std::int64_t>(i)), row.subspan(embedding).begin());
  }
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
  if (outputs_ != nullptr) reuse_outputs();
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
  return forward(sequences_of(inputs), source);
}

TextResults TextModel::forward(const std::vector<TokenSequence>& sequences, AttentionSource* source) {
  engine_->forward(sequences, source);
  TextResults results;
  results.embeddings = engine_->embeddings();
  const Task task = checkpoint_->config.task;
  if (task == Task::classification) results.logits = engine_->class_logits();
  if (task == Task::next_token) results.logits = engine_->next_token_logits();
  return results;
}

TextModelFigures TextModel::figures() const {
  TextModelFigures figures = figures_;
  if (outputs_ != nullptr) {
    figures.outputs = outputs_->counters();
    figures.outputs_s = outputs_->seconds();
  }
  if (attention_ != nullptr) {
    figures.parts = attention_->seconds();
    figures.layers = attention_->counters();
  }
  if (source() == nullptr) {
    figures.parts.compute = attention_s_;
    for (LayerCounters& layer : figures.layers)
      layer.computed = outputs_ != nullptr ? figures.outputs.computed : texts_;
  }
  return figures;
}

}  // namespace memo
