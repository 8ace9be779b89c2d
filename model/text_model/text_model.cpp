#include "model/text_model/text_model.h"

#include <cassert>

#include "model/policy/calibration.h"

namespace memo {

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
  return Status::ok();
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
    results = forward(inputs, attention_.get());
  }
  attention_s_ += engine_->attention_seconds() - before;
  figures_.tokenize_s += tokenize_s * engine_->threads();
  figures_.forward_s += forward_s * engine_->threads();
  for (const PairEncoding& input : inputs) figures_.tokens += input.ids.size();
  return results;
}

void TextModel::warm_up(std::span<const TextInput> texts) {
  (void)forward(tokenize(texts), nullptr);
}

void TextModel::start_over() {
  figures_ = {};
  attention_s_ = 0;
  if (plan_ != nullptr) attention_ = std::make_unique<MemoizedAttention>(*plan_);
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
  TextResults results;
  results.embeddings = engine_->embeddings();
  const Task task = checkpoint_->config.task;
  if (task == Task::classification) results.logits = engine_->class_logits();
  if (task == Task::next_token) results.logits = engine_->next_token_logits();
  return results;
}

TextModelFigures TextModel::figures() const {
  TextModelFigures figures = figures_;
  if (attention_ == nullptr) {
    figures.parts.compute = attention_s_;
    return figures;
  }
  figures.parts = attention_->seconds();
  figures.layers = attention_->counters();
  return figures;
}

}  // namespace memo
