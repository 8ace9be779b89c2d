#include "client/python/module/model.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/python/module/errors.h"
#include "model/engine/library_threads.h"
#include "model/policy/policy.h"

namespace memo::python {
namespace {

Status refused(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

Result<DataType> type_named(const std::string& name) {
  if (const std::optional<DataType> type = data_type_named(name)) return *type;
  return refused(fmt::format("dtype is '{}'; known are {}", name, kDataTypeList));
}

Result<LoadedModel> load(const ModelOptions& options) {
  Result<LoadedModel> loaded = LoadedModel::load(options.folder);
  if (!loaded) return loaded;
  if (options.prompt) {
    loaded->use_prompt(*options.prompt);
  } else if (options.prompt_name) {
    MEMO_ASSIGN_OR_RETURN(std::string prompt, loaded->sentence.prompts.text(options.prompt_name));
    loaded->use_prompt(std::move(prompt));
  }
  return loaded;
}

Result<Policy> choose_policy(const ModelOptions& options, const LoadedModel& loaded) {
  const std::int64_t layers = loaded.checkpoint.config.layers;
  if (options.policy.empty()) {
    MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, loaded.choose_length(options.length));
    return Policy::exact(length, layers);
  }
  Result<Policy> policy = Policy::load(options.policy, layers);
  if (policy && options.length != 0 && options.length != policy->length)
    return refused(fmt::format("{}: length is {}, the model's is to be {}; they have to be the same",
                               options.policy, policy->length, options.length));
  return policy;
}

// store: null computes everything.
Result<std::unique_ptr<TextModel>> make_model(const ModelOptions& options, const LoadedModel& loaded,
                                              MemoStore* store) {
  MEMO_ASSIGN_OR_RETURN(const DataType type, type_named(options.dtype));
  if (options.threads < 1 || options.threads > 1024)
    return refused(fmt::format("threads is {}, must be 1 to 1024", options.threads));
  const EngineOptions engine{type, options.threads};
  if (store == nullptr) return TextModel::plain(loaded, engine, options.length);
  MEMO_ASSIGN_OR_RETURN(Policy policy, choose_policy(options, loaded));
  return TextModel::memoized(loaded, std::move(policy), engine, *store);
}

void require_finite(const Tensor& rows) {
  if (!rows.defined()) return;
  for (std::int64_t i = 0; i < rows.size(0); ++i)
    for (const float number : rows.row(i))
      if (!std::isfinite(number))
        throw StatusError({StatusCode::internal,
                           fmt::format("the result of text {} of the batch is no finite number: the model's "
                                       "weights overflow",
                                       i)});
}

}  // namespace

// The engine pools from the token that its checkpoint says, whatever prompt is used later.
class PythonModel::Prompt {
 public:
  Prompt(PythonModel& model, const std::optional<std::string>& text) : loaded_(*model.loaded_) {
    if (!text || *text == loaded_.prompt()) return;
    own_ = loaded_.prompt();
    loaded_.use_prompt(*text);
    const std::int64_t pooled_from = loaded_.checkpoint.config.pooled_from;
    const std::int64_t built_for = model.model_->engine().checkpoint().config.pooled_from;
    if (pooled_from == built_for) return;
    restore();
    throw StatusError({StatusCode::unsupported,
                       fmt::format("the prompt '{}' has {} tokens that pooling leaves out, and this model was "
                                   "loaded for {}: load it with this prompt",
                                   *text, pooled_from, built_for)});
  }
  ~Prompt() { restore(); }
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;

 private:
  void restore() {
    if (own_) loaded_.use_prompt(*own_);
    own_.reset();
  }

  LoadedModel& loaded_;
  std::optional<std::string> own_;
};

PythonModel::PythonModel(const ModelOptions& options, StoreHandle store)
    : store_(std::move(store)), memoized_(store_.is_open()), owner_(getpid()) {
  const BorrowedThread borrowed;
  loaded_ = std::make_unique<LoadedModel>(require(load(options)));
  model_ = require(make_model(options, *loaded_, memoized_ ? &store_.open() : nullptr));
}

PythonModel::~PythonModel() {
  close();
}

void PythonModel::close() {
  {
    const nanobind::gil_scoped_release released;
    const std::lock_guard lock(mutex_);
    if (getpid() != owner_) static_cast<void>(model_.release());
    model_.reset();
  }
  store_.close();
}

std::optional<std::string> PythonModel::unavailable_reason() const {
  if (!memoized_) return std::nullopt;
  if (const Status spaces = open().space_status(); !spaces) return spaces.message();
  const Status answers = store_.open().availability();
  return answers ? std::nullopt : std::optional(answers.message());
}

TextModel& PythonModel::open() const {
  if (getpid() != owner_)
    throw StatusError({StatusCode::unavailable,
                       fmt::format("the model was loaded by process {}, which forked this one, {}: load it here",
                                   owner_, getpid())});
  if (!model_) throw StatusError({StatusCode::unavailable, "the model is closed"});
  return *model_;
}

void PythonModel::require_pairs(std::span<const TextInput> texts) const {
  if (std::ranges::none_of(texts, [](const TextInput& text) { return text.pair.has_value(); })) return;
  if (!loaded_->tokenizer->takes_pairs())
    throw StatusError({StatusCode::unsupported,
                       fmt::format("{}/tokenizer.json: post_processor has no pair form that is known here, which "
                                   "pairs of texts need",
                                   loaded_->folder)});
  if (model_->length() < kMaxPairTokens)
    throw StatusError(refused(fmt::format("the length is {} tokens, pairs of texts take at least {}",
                                          model_->length(), kMaxPairTokens)));
}

TextResults PythonModel::run(std::span<const TextInput> texts, const std::optional<std::string>& prompt) {
  const std::lock_guard lock(mutex_);
  TextModel& model = open();
  require_pairs(texts);
  const BorrowedThread borrowed;
  const Prompt used(*this, prompt);
  TextResults results = model.run(texts);
  require_finite(results.embeddings);
  require_finite(results.logits);
  return results;
}

std::vector<PairEncoding> PythonModel::tokenize(std::span<const TextInput> texts,
                                                const std::optional<std::string>& prompt) {
  const std::lock_guard lock(mutex_);
  TextModel& model = open();
  require_pairs(texts);
  const BorrowedThread borrowed;
  const Prompt used(*this, prompt);
  return model.tokenize(texts);
}

TextModelFigures PythonModel::figures() const {
  const std::lock_guard lock(mutex_);
  return open().figures();
}

void PythonModel::flush(std::chrono::milliseconds timeout) {
  if (memoized_) require(store_.open().flush(timeout));
}

}  // namespace memo::python
