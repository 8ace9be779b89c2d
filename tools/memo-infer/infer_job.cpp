#include "tools/memo-infer/infer_job.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <cstdio>

#include "client/process/progress.h"
#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "embed/files/output_file.h"
#include "model/memo/memo_plan.h"
#include "model/policy/calibration.h"
#include "model/text/text_model.h"
#include "tools/common/open_store.h"
#include "tools/memo-infer/batch_runner.h"
#include "tools/memo-infer/process_usage.h"
#include "tools/memo-infer/result_writer.h"
#include "tools/memo-infer/summary.h"

namespace memo {
namespace {

constexpr std::chrono::milliseconds kFlushDeadline{10'000};

void warn(const std::string& message) {
  say("memo-infer", message);
}

Result<std::unique_ptr<Engine>> make_engine(const InferOptions& options, const Checkpoint& checkpoint) {
  EngineOptions wanted;
  wanted.type = data_type_named(options.dtype).value();
  wanted.threads = options.threads;
  Result<std::unique_ptr<Engine>> engine = Engine::make(checkpoint, wanted);
  if (engine && (*engine)->type() != wanted.type)
    warn(fmt::format("this CPU has no bf16 products; computing in {}", name_of((*engine)->type())));
  return engine;
}

// What a memoized run needs; all empty in a plain one.
struct Memoization {
  std::unique_ptr<MemoStore> store;
  std::unique_ptr<MemoPlan> plan;
};

Result<Policy> read_policy(const InferOptions& options, const TextModel& model) {
  const ModelConfig& config = model.checkpoint.config;
  if (!options.policy.empty()) return Policy::load(options.policy, config.layers);
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(options.length));
  return Policy::defaults(length, config.layers);
}

Status check_length(const InferOptions& options, const Policy& policy) {
  if (options.length == 0 || options.length == policy.length) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("{}: length is {}, --length is {}; they have to be the same",
                                                    options.policy, policy.length, options.length)};
}

// Empty: nothing is memoized.
Result<std::optional<Policy>> choose_policy(const InferOptions& options, const TextModel& model) {
  if (!options.memoized()) return std::optional<Policy>();
  MEMO_ASSIGN_OR_RETURN(Policy policy, read_policy(options, model));
  MEMO_RETURN_IF_ERROR(check_length(options, policy));
  if (!options.selection.empty()) policy.selection = *selection_named(options.selection);
  if (options.deadline_ms > 0) policy.deadline_ms = static_cast<float>(options.deadline_ms);
  return std::optional<Policy>(std::move(policy));
}

Result<Memoization> make_memoization(const InferOptions& options, const Checkpoint& checkpoint, DataType type,
                                     const std::optional<Policy>& policy) {
  Memoization memoization;
  if (!policy) return memoization;
  MEMO_ASSIGN_OR_RETURN(memoization.store, open_store(options.memo, *parse_size(options.pool_size)));
  MEMO_ASSIGN_OR_RETURN(memoization.plan, MemoPlan::make(checkpoint, type, *policy, *memoization.store));
  return memoization;
}

void warn_about(const Memoization& memoization) {
  if (memoization.plan == nullptr) return;
  if (!memoization.plan->space_status()) {
    warn(fmt::format("{}; everything is computed", memoization.plan->space_status().message()));
  } else if (!memoization.store->available()) {
    warn(
        fmt::format("{}; everything is computed until that changes", memoization.store->availability().message()));
  }
}

// The texts of the run, batch by batch, and what they cost.
class Run {
 public:
  Run(const InferOptions& options, TextReader reader, BatchRunner& runner, ResultWriter& writer)
      : options_(options), reader_(std::move(reader)), runner_(runner), writer_(writer), progress_("memo-infer") {}

  Status warm_up() {
    for (std::uint32_t i = 0; i < options_.warmup; ++i) {
      MEMO_ASSIGN_OR_RETURN(std::vector<Text> texts, reader_.next(options_.batch));
      if (texts.empty()) break;
      runner_.warm_up(texts);
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
    figures_.runner = runner_.figures();
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
    const std::uint64_t faults = ProcessUsage::now().minor_faults;
    {
      const PartTimer timer(seconds);
      results = runner_.run(texts);
    }
    figures_.latencies_s.push_back(seconds);
    figures_.page_faults.push_back(static_cast<double>(ProcessUsage::now().minor_faults - faults));
    figures_.inputs += texts.size();
    progress_.update(reader_.fraction(), figures_.inputs);
    return writer_.write(texts, results);
  }

  const InferOptions& options_;
  TextReader reader_;
  BatchRunner& runner_;
  ResultWriter& writer_;
  Progress progress_;
  std::vector<std::vector<Text>> first_;  // the batches of the warm-up, which are part of the run as well
  RunFigures figures_;
};

void finish_store(MemoStore& store, RunFigures& figures) {
  {
    const PartTimer timer(figures.flush_s);
    const Status flushed = store.flush(kFlushDeadline);
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

// A file that is not complete does not take its place.
Status naming_loss(const Status& failed, const InferOptions& options, const ResultWriter& writer,
                   std::uint64_t texts) {
  if (texts == 0 || writer.is_stream()) return failed;
  return {failed.code(), fmt::format("{}; {} is left as it was, without the results of {} texts before this",
                                     failed.message(), options.output, texts)};
}

Status run_loaded(const InferOptions& options, const TextModel& model, Engine& engine, Memoization& memoization,
                  std::uint32_t length) {
  MEMO_ASSIGN_OR_RETURN(TextReader reader, TextReader::open(options.source));
  MEMO_ASSIGN_OR_RETURN(ResultWriter writer, make_writer(options, model.checkpoint));
  BatchRunner runner(model, engine, length, memoization.plan.get());
  RunFigures figures;
  {
    Run run(options, std::move(reader), runner, writer);
    MEMO_RETURN_IF_ERROR(run.warm_up());
    warn_about(memoization);
    if (const Status ran = run.run_all(); !ran) return naming_loss(ran, options, writer, run.figures().inputs);
    figures = std::move(run.figures());
  }
  if (memoization.store) finish_store(*memoization.store, figures);
  const Policy* policy = memoization.plan ? &memoization.plan->policy() : nullptr;
  const nlohmann::ordered_json summary = summary_json(options, model, engine, length, policy, figures);
  if (const std::string assumed = model.assumption(length); !assumed.empty()) warn(assumed);
  print_stderr("{}", summary_text(summary));
  return write_summary(options.summary, summary);
}

Status check_top_k(const InferOptions& options, const ModelConfig& config) {
  if (!options.top_k || !options.head.empty() || config.task != Task::embedding) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("--top-k asks for labels, but {} embeds; --head FILE.json gives it labels", options.model)};
}

Status check_pairs(const InferOptions& options, const TextModel& model) {
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

Result<TextModel> load_model(const InferOptions& options) {
  Result<TextModel> model = TextModel::load(options.model);
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
  MEMO_ASSIGN_OR_RETURN(TextModel model, load_model(options));
  MEMO_ASSIGN_OR_RETURN(const std::optional<Policy> policy, choose_policy(options, model));
  if (policy) {
    MEMO_ASSIGN_OR_RETURN(model.checkpoint, checkpoint_for(model.checkpoint, *policy));
  }
  // Otherwise oneTBB would start no more threads than there are cores, for an arena of any size.
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, options.threads);
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, make_engine(options, model.checkpoint));
  MEMO_ASSIGN_OR_RETURN(Memoization memoization,
                        make_memoization(options, model.checkpoint, engine->type(), policy));
  MEMO_ASSIGN_OR_RETURN(
      const std::uint32_t length,
      model.choose_length(memoization.plan ? memoization.plan->policy().length : options.length));
  MEMO_RETURN_IF_ERROR(check_pair_length(options, length));
  return run_loaded(options, model, *engine, memoization, length);
}

}  // namespace memo
