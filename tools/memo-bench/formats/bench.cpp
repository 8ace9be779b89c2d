#include "tools/memo-bench/formats/bench.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "client/cpu/instruction_set.h"
#include "client/process/progress.h"
#include "client/process/stderr_text.h"
#include "model/text/loaded_model.h"
#include "model/tuning/measure/quality.h"
#include "model/tuning/result/median.h"
#include "tools/memo-bench/common/held_cpu.h"
#include "tools/memo-bench/common/machine.h"
#include "tools/memo-bench/formats/contestant.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCalibrationTexts = 300;
constexpr std::chrono::minutes kQuantizing{20};

// The ways of a peer to make s8.
std::vector<std::string> ways_of(const std::string& peer) {
  return peer == "openvino" ? std::vector<std::string>{"static", "dynamic"} : std::vector<std::string>{"dynamic"};
}

// The texts of `length` tokens, as many as make whole batches.
TextList whole_batches(const TextList& texts, std::uint32_t length, std::uint32_t batch) {
  TextList whole;
  for (const ProfileText* text : texts)
    if (text->tokens.size() == length) whole.push_back(text);
  whole.resize(whole.size() / batch * batch);
  return whole;
}

// What a contestant made of the texts, and how long it took.
struct FormatResult {
  std::vector<double> wall_ms, cpu_ms;
  ModelOutputs training, test;
  double median_ms() const { return median(wall_ms); }
};

class FormatsRun {
 public:
  FormatsRun(const FormatsBench& options, const LoadedModel& model, const Corpus& corpus)
      : options_(options),
        model_(model),
        corpus_(corpus),
        training_(whole_batches(corpus.training(), options.length, options.batch)),
        test_(whole_batches(corpus.test(), options.length, options.batch)) {}

  Result<Json> run() {
    print_stderr("{}\n", describe_machine(machine_));
    MEMO_RETURN_IF_ERROR(check_texts());
    MEMO_RETURN_IF_ERROR(make_contestants());
    results_.resize(contestants_.size());
    MEMO_RETURN_IF_ERROR(measure_times());
    for (std::size_t i = 0; i < contestants_.size(); ++i) MEMO_RETURN_IF_ERROR(embed_texts(i));
    return figures();
  }

 private:
  Status check_texts() const {
    if (training_.size() >= 80 && test_.size() >= 40) return Status::ok();
    return {StatusCode::invalid_argument,
            fmt::format("{}: {} training and {} test texts have {} tokens; at least 80 and 40 are needed",
                        options_.source.path, training_.size(), test_.size(), options_.length)};
  }

  Status make_contestants() {
    for (const std::string& dtype : options_.dtypes) {
      auto own = make_own(model_.checkpoint, {data_type_named(dtype).value(), options_.threads});
      if (own) {
        contestants_.push_back(std::move(*own));
      } else if (own.status().code() == StatusCode::unsupported && !contestants_.empty()) {
        print_stderr("memo-bench: {}; left out\n", own.status().message());
      } else {
        return own.status();
      }
    }
    for (const std::string& peer : options_.peers) add_peer(peer);
    return Status::ok();
  }

  void add_peer(const std::string& name) {
    const std::string python = installed_python(options_.setup, name);
    if (python.empty()) return print_stderr("memo-bench: {} cannot be installed; left out\n", name);
    if (peer_hold() == PeerHold::impossible)
      print_stderr("memo-bench: {} cannot be held to {} on this machine, and uses what it finds\n", name,
                   to_string(best_instruction_set()));
    PeerFormat format;
    format.model_folder = options_.model;
    format.batch = options_.batch;
    format.length = options_.length;
    const std::string scripts = std::filesystem::path(options_.setup).parent_path();
    format.options = {name, options_.threads, "f32", scripts, python};
    add_peer_format(format);
    format.options.dtype = "s8";
    format.options.patience = kQuantizing;
    format.calibration = first(training_, kCalibrationTexts);
    for (const std::string& way : ways_of(name)) {
      format.way = way;
      add_peer_format(format);
    }
  }

  // One that a peer refuses is left out: OpenVINO has no dynamic quantization without VNNI.
  void add_peer_format(const PeerFormat& format) {
    auto peer = make_peer(format);
    if (peer) {
      contestants_.push_back(std::move(*peer));
    } else {
      print_stderr("memo-bench: {} {} is left out: {}\n", format.options.dtype, format.way,
                   peer.status().message());
    }
  }

  // All run in turn, so that what disturbs the machine disturbs all of them. The first round warms up.
  Status measure_times() {
    Progress progress("timing");
    for (std::uint32_t round = 0; round <= options_.rounds; ++round) {
      const FullBatch batch = batch_of(test_, round % (test_.size() / options_.batch));
      for (std::size_t i = 0; i < contestants_.size(); ++i) {
        MEMO_ASSIGN_OR_RETURN(const PeerTiming timing, contestants_[i]->time(batch));
        if (round == 0) continue;
        results_[i].wall_ms.push_back(timing.wall_ms);
        results_[i].cpu_ms.push_back(timing.cpu_ms);
      }
      progress.update(static_cast<double>(round) / options_.rounds, round);
    }
    return Status::ok();
  }

  FullBatch batch_of(const TextList& texts, std::size_t index) const {
    const auto begin = texts.begin() + static_cast<std::ptrdiff_t>(index * options_.batch);
    return {begin, begin + static_cast<std::ptrdiff_t>(options_.batch)};
  }

  Status embed_texts(std::size_t i) {
    // Others are judged by the task head that is fitted to the first one's.
    if (i == 0 && has_labels()) {
      MEMO_ASSIGN_OR_RETURN(results_[i].training, embedded(*contestants_[i], training_));
    }
    MEMO_ASSIGN_OR_RETURN(results_[i].test, embedded(*contestants_[i], test_));
    return Status::ok();
  }

  Result<ModelOutputs> embedded(FormatContestant& contestant, const TextList& texts) const {
    Progress progress(fmt::format("{} {} {}", contestant.engine(), contestant.dtype(), contestant.way()));
    std::vector<ModelOutputs> parts;
    for (std::size_t i = 0; i < texts.size() / options_.batch; ++i) {
      ModelOutputs part;
      MEMO_ASSIGN_OR_RETURN(part.embeddings, contestant.embeddings(batch_of(texts, i)));
      parts.push_back(std::move(part));
      progress.update(static_cast<double>(i * options_.batch) / static_cast<double>(texts.size()),
                      i * options_.batch);
    }
    return joined(parts);
  }

  bool has_labels() const { return !corpus_.classes().empty(); }

  Result<Json> figures() const {
    const ModelConfig& config = model_.checkpoint.config;
    std::vector<std::vector<bool>> right(contestants_.size());
    if (has_labels()) {
      const ModelOutputs& plain = results_.front().training;
      MEMO_ASSIGN_OR_RETURN(const Judge judge, Judge::fit(config, corpus_.classes(), training_, plain,
                                                          head_l2(config, corpus_.classes(), training_, plain)));
      for (std::size_t i = 0; i < contestants_.size(); ++i) right[i] = judge.right(test_, results_[i].test);
    }
    Json rows = Json::array();
    print_stderr("{:<12}{:<5}{:<8} {:>8} {:>7} {:>8} {:>8} {}\n", "engine", "type", "way", "ms", "times", "cosine",
                 "p05", has_labels() ? "  right  points lost" : "");
    for (std::size_t i = 0; i < contestants_.size(); ++i) rows.push_back(row(i, right));
    return Json{{"machine", machine_}, {"setting", setting()}, {"rows", rows}};
  }

  Json row(std::size_t i, const std::vector<std::vector<bool>>& right) const {
    const FormatContestant& contestant = *contestants_[i];
    const FormatResult& result = results_[i];
    const Fidelity near = fidelity(results_.front().test.embeddings, result.test.embeddings);
    const double times = results_.front().median_ms() / result.median_ms();
    Json json{{"engine", contestant.engine()},
              {"dtype", contestant.dtype()},
              {"way", contestant.way()},
              {"wall_ms", result.median_ms()},
              {"wall_ms_least", *std::ranges::min_element(result.wall_ms)},
              {"cpu_ms", median(result.cpu_ms)},
              {"times_as_fast", times},
              {"cosine", near.mean},
              {"cosine_p05", near.p05}};
    std::string judged;
    if (has_labels()) {
      const Interval lost = points_lost(right.front(), right[i]);
      json["accuracy"] = per_cent(right[i]);
      json["lost"] = {{"mean", lost.mean}, {"low", lost.low}, {"high", lost.high}};
      judged =
          fmt::format("{:7.2f}  {:.2f} ({:.2f} to {:.2f})", per_cent(right[i]), lost.mean, lost.low, lost.high);
    }
    print_stderr("{:<12}{:<5}{:<8} {:8.2f} {:7.2f} {:8.5f} {:8.5f} {}\n", contestant.engine(), contestant.dtype(),
                 contestant.way(), result.median_ms(), times, near.mean, near.p05, judged);
    return json;
  }

  Json setting() const {
    return {{"model", std::filesystem::path(options_.model).lexically_normal().filename().string()},
            {"input", std::filesystem::path(options_.source.path).filename().string()},
            {"length", options_.length},
            {"batch", options_.batch},
            {"threads", options_.threads},
            {"rounds", options_.rounds},
            {"training_texts", training_.size()},
            {"test_texts", test_.size()},
            {"classes", corpus_.classes()},
            {"instruction_set", to_string(best_instruction_set())},
            {"seed", options_.seed}};
  }

  const Json machine_ = machine_json();
  const FormatsBench& options_;
  const LoadedModel& model_;
  const Corpus& corpus_;
  const TextList training_, test_;
  std::vector<std::unique_ptr<FormatContestant>> contestants_;
  std::vector<FormatResult> results_;
};

Status check_model(const FormatsBench& options, const LoadedModel& model) {
  const ModelConfig& config = model.checkpoint.config;
  if (config.task == Task::next_token)
    return {StatusCode::unsupported,
            fmt::format("{}: predicts tokens; formats compares embeddings", options.model)};
  const bool means = config.pooling == std::vector<Pooling>{Pooling::mean} && config.pooled_from == 0 &&
                     std::ranges::all_of(model.checkpoint.embedding_modules, [](const EmbeddingModule& module) {
                       return std::holds_alternative<NormalizeModule>(module);
                     });
  if (options.peers.empty() || means) return Status::ok();
  return {
      StatusCode::unsupported,
      fmt::format("{}: its embeddings are not the means of final states, as peers are read here", options.model)};
}

}  // namespace

Status FormatsBench::validate() const {
  const auto refuse = [](const std::string& message) { return Status(StatusCode::invalid_argument, message); };
  for (const std::string& dtype : dtypes)
    if (!data_type_named(dtype))
      return refuse(fmt::format("--dtypes has \"{}\", must be {}", dtype, kDataTypeList));
  if (dtypes.empty() || dtypes.front() != "f32")
    return refuse("--dtypes must begin with f32, which the others are compared with");
  for (const std::string& peer : peers)
    if (peer != "onnxruntime" && peer != "openvino")
      return refuse(fmt::format("--peers has \"{}\", known are onnxruntime, openvino", peer));
  if (!peers.empty() && !std::filesystem::is_regular_file(setup))
    return refuse(fmt::format("{}: the script that installs peers is not there; pass --setup", setup));
  return Status::ok();
}

Result<Json> run_formats_bench(const FormatsBench& options) {
  const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism, options.threads);
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  MEMO_RETURN_IF_ERROR(check_model(options, model));
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(options.length));
  ProfileOptions texts;
  texts.source = options.source;
  texts.label_field = options.label_field;
  texts.seed = options.seed;
  texts.threads = options.threads;
  MEMO_ASSIGN_OR_RETURN(const Corpus corpus, Corpus::read(texts, model, length));
  return FormatsRun(options, model, corpus).run();
}

}  // namespace memo
