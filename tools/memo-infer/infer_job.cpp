#include "tools/memo-infer/infer_job.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <cstdio>

#include "client/process/progress.h"
#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "embed/files/output_file.h"
#include "memod/store/open_store.h"
#include "model/memo/memo_plan.h"
#include "model/text_model/text_model.h"
#include "tools/memo-infer/process_usage.h"
#include "tools/memo-infer/result_writer.h"
#include "tools/memo-infer/summary.h"

namespace memo {
namespace {

constexpr std::chrono::milliseconds kFlushTimeout{10'000};

void warn(const std::string& message) {
  say("memo-infer", message);
}

Result<Policy> read_policy(const InferOptions& options, const LoadedModel& model) {
  const ModelConfig& config = model.checkpoint.config;
  if (!options.policy.empty()) return Policy::load(options.policy, config.layers);
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(options.length));
  return options.kinds.empty() ? Policy::exact(length, config.layers) : Policy::defaults(length, config.layers);
}

Status check_length(const InferOptions& options, const Policy& policy) {
  if (options.length == 0 || options.length == policy.length) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("{}: length is {}, --length is {}; they have to be the same",
                                                    options.policy, policy.length, options.length)};
}

// Empty: nothing is memoized.
Result<std::optional<Policy>> choose_policy(const InferOptions& options, const LoadedModel& model) {
  if (!options.memoized()) return std::optional<Policy>();
  MEMO_ASSIGN_OR_RETURN(Policy policy, read_policy(options, model));
  MEMO_RETURN_IF_ERROR(check_length(options, policy));
  if (!options.kinds.empty()) policy.kinds = *kinds_named(options.kinds);
  if (!options.selection.empty()) policy.selection = *selection_named(options.selection);
  if (options.max_wait_ms > 0) policy.max_wait_ms = static_cast<float>(options.max_wait_ms);
  return std::optional<Policy>(std::move(policy));
}

// store: null computes everything.
Result<std::unique_ptr<TextModel>> make_model(const InferOptions& options, const LoadedModel& loaded,
                                              std::optional<Policy> policy, MemoStore* store) {
  const EngineOptions engine{data_type_named(options.dtype).value(), options.threads};
  auto model = store == nullptr ? TextModel::plain(loaded, engine, options.length)
                                : TextModel::memoized(loaded, std::move(*policy), engine, *store);
  if (model && (*model)->engine().type() != engine.type)
    warn(fmt::format("this CPU has no {} products; computing in {}", options.dtype,
                     name_of((*model)->engine().type())));
  return model;
}

void warn_about(const TextModel& model, const MemoStore* store) {
  if (store == nullptr) return;
  if (const Status spaces = model.space_status(); !spaces) {
    warn(fmt::format("{}; what would be kept there is computed", spaces.message()));
  } else if (const Status answers = store->availability(); !answers) {
    warn(fmt::format("{}; everything is computed until that changes", answers.message()));
  }
}

std::vector<TextInput> inputs_of(const std::vector<Text>& texts) {
  std::vector<TextInput> inputs;
  inputs.reserve(texts.size());
  for (const Text& text : texts) inputs.push_back({text.text, text.pair});
  return inputs;
}

// The texts of the run, batch by batch, and what they cost.
class Run {
 public:
  Run(const InferOptions& options, TextReader reader, TextModel& model, ResultWriter& writer)
      : options_(options), reader_(std::move(reader)), model_(model), writer_(writer), progress_("memo-infer") {}

  Status warm_up() {
    for (std::uint32_t i = 0; i < options_.warmup; ++i) {
      MEMO_ASSIGN_OR_RETURN(std::vector<Text> texts, reader_.next(options_.batch));
      if (texts.empty()) break;
      model_.warm_up(inputs_of(texts));
      first_.push_back(std::move(texts));
    }
    return Status::ok();
  }

  Status run_all() {
    const ProcessUsage before = ProcessUsage::now();
    {
      const PartTimer timer(figures_.wall_s);
      for (const std::vector<Text>& texts : first_) MEMO_RETURN_IF_ERROR(run_batch(texts));
      MEMO_RETURN_IF_ERROR(run_rest());
      MEMO_RETURN_IF_ERROR(writer_.close());
    }
    const ProcessUsage after = ProcessUsage::now();
    figures_.cpu_s = after.cpu_s - before.cpu_s;
    figures_.warmup_batches = first_.size();
    figures_.model = model_.figures();
    return Status::ok();
  }

  RunFigures& figures() { return figures_; }

 private:
  Status run_rest() {
    for (;;) {
      MEMO_ASSIGN_OR_RETURN(const std::vector<Text> texts, reader_.next(options_.batch));
      if (texts.empty()) return Status::ok();
      MEMO_RETURN_IF_ERROR(run_batch(texts));
    }
  }

  Status run_batch(const std::vector<Text>& texts) {
    double seconds = 0;
    TextResults results;
    std::vector<Tensor> states;
    const std::uint64_t faults = ProcessUsage::now().minor_faults;
    {
      const PartTimer timer(seconds);
      if (options_.token_embeddings)
        states = model_.run_states(inputs_of(texts));
      else
        results = model_.run(inputs_of(texts));
    }
    figures_.latencies_s.push_back(seconds);
    figures_.page_faults.push_back(static_cast<double>(ProcessUsage::now().minor_faults - faults));
    figures_.inputs += texts.size();
    progress_.update(reader_.fraction(), figures_.inputs);
    return options_.token_embeddings ? writer_.write(texts, states) : writer_.write(texts, results);
  }

  const InferOptions& options_;
  TextReader reader_;
  TextModel& model_;
  ResultWriter& writer_;
  Progress progress_;
  std::vector<std::vector<Text>> first_;  // the batches of the warm-up, which are part of the run as well
  RunFigures figures_;
};

void finish_store(MemoStore& store, RunFigures& figures) {
  {
    const PartTimer timer(figures.flush_s);
    const Status flushed = store.flush(kFlushTimeout);
    if (!flushed) warn(fmt::format("some memos may not be stored: {}", flushed.message()));
  }
  figures.publishes = store.publish_counts();
  if (figures.publishes.refused > 0)
    warn(fmt::format("{} memos were refused, the last one: {}", figures.publishes.refused,
                     figures.publishes.refusal));
  figures.store_available = store.available();
}

Status write_summary(const std::string& path, const nlohmann::ordered_json& summary) {
  if (path.empty()) return Status::ok();
  return write_file(path, summary.dump(2) + "\n");
}

Result<std::optional<TaskHead>> load_head(const InferOptions& options, const Checkpoint& checkpoint) {
  if (options.head.empty()) return std::optional<TaskHead>();
  MEMO_ASSIGN_OR_RETURN(TaskHead head,
                        TaskHead::load(options.head, static_cast<std::size_t>(checkpoint.embedding_size())));
  return std::optional<TaskHead>(std::move(head));
}

Result<ResultWriter> make_writer(const InferOptions& options, const Checkpoint& checkpoint) {
  MEMO_ASSIGN_OR_RETURN(std::optional<TaskHead> head, load_head(options, checkpoint));
  MEMO_ASSIGN_OR_RETURN(OutputFile file, OutputFile::create(options.output));
  return ResultWriter(std::move(file), checkpoint.config, {std::move(head), options.embeddings, options.top_k});
}

// An incomplete output does not replace the file that was there, so the message names the results that are lost.
Status naming_loss(const Status& failed, const InferOptions& options, const ResultWriter& writer,
                   std::uint64_t texts) {
  if (texts == 0 || writer.is_stream()) return failed;
  return {failed.code(), fmt::format("{}; {} is left as it was, without the results of {} texts before this",
                                     failed.message(), options.output, texts)};
}

Status run_model(const InferOptions& options, TextModel& model, MemoStore* store) {
  MEMO_ASSIGN_OR_RETURN(TextReader reader, TextReader::open(options.source));
  MEMO_ASSIGN_OR_RETURN(ResultWriter writer, make_writer(options, model.loaded().checkpoint));
  RunFigures figures;
  {
    Run run(options, std::move(reader), model, writer);
    MEMO_RETURN_IF_ERROR(run.warm_up());
    if (options.token_embeddings) model.open_states();
    warn_about(model, store);
    if (const Status ran = run.run_all(); !ran) return naming_loss(ran, options, writer, run.figures().inputs);
    figures = std::move(run.figures());
  }
  if (store != nullptr) finish_store(*store, figures);
  const nlohmann::ordered_json summary = summary_json(options, model, figures);
  if (const std::string assumed = model.loaded().assumption(model.length()); !assumed.empty()) warn(assumed);
  print_stderr("{}", summary_text(summary));
  return write_summary(options.summary, summary);
}

Status check_top_k(const InferOptions& options, const ModelConfig& config) {
  if (!options.top_k || !options.head.empty() || config.task != Task::embedding) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("--top-k asks for labels, but {} embeds; --head FILE.json gives it labels", options.model)};
}

Status check_pairs(const InferOptions& options, const LoadedModel& model) {
  if (options.source.pair_field.empty()) return Status::ok();
  if (model.checkpoint.config.task != Task::classification)
    return {
        StatusCode::invalid_argument,
        fmt::format("--pair-field asks for scores of pairs, but {} has no head that makes scores", options.model)};
  if (model.tokenizer->takes_pairs()) return Status::ok();
  return {StatusCode::unsupported,
          fmt::format(
              "{}/tokenizer.json: post_processor has no pair form that is known here, which --pair-field needs",
              options.model)};
}

// A pair's special tokens have to fit.
Status check_pair_length(const InferOptions& options, std::uint32_t length) {
  if (options.source.pair_field.empty() || length >= kMaxPairTokens) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("the length is {} tokens, --pair-field takes at least {}", length, kMaxPairTokens)};
}

Result<LoadedModel> load_model(const InferOptions& options) {
  Result<LoadedModel> model = LoadedModel::load(options.model);
  if (!model) return model;
  MEMO_RETURN_IF_ERROR(check_top_k(options, model->checkpoint.config));
  MEMO_RETURN_IF_ERROR(check_pairs(options, *model));
  if (options.prompt) {
    model->use_prompt(*options.prompt);
  } else if (options.prompt_name) {
    Result<std::string> prompt = model->sentence.prompts.text(options.prompt_name);
    if (!prompt)
      return Status(prompt.status().code(), fmt::format("--prompt-name: {}", prompt.status().message()));
    model->use_prompt(std::move(*prompt));
  }
  return model;
}

}  // namespace

Status run_infer_job(const InferOptions& options) {
  MEMO_RETURN_IF_ERROR(check_output(options.summary));
  MEMO_ASSIGN_OR_RETURN(const LoadedModel loaded, load_model(options));
  MEMO_ASSIGN_OR_RETURN(std::optional<Policy> policy, choose_policy(options, loaded));
  // Otherwise oneTBB would start no more threads than there are cores, for an arena of any size.
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, options.threads);
  std::unique_ptr<MemoStore> store;
  if (policy) {
    MEMO_ASSIGN_OR_RETURN(store, open_store(options.memo, *parse_size(options.pool_size)));
  }
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<TextModel> model,
                        make_model(options, loaded, std::move(policy), store.get()));
  MEMO_RETURN_IF_ERROR(check_pair_length(options, model->length()));
  return run_model(options, *model, store.get());
}

}  // namespace memo
