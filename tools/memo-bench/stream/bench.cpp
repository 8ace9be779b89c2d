#include "tools/memo-bench/stream/bench.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "embed/files/output_file.h"
#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"
#include "model/memo/lineage.h"
#include "model/text/loaded_model.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/stream/contestant.h"
#include "tools/memo-bench/stream/mails.h"
#include "tools/memo-bench/stream/plot.h"
#include "tools/memo-bench/stream/window.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// One length and number format: plain and all memoized runs go through the stream together, batch by batch, in
// turns that rotate, so that what disturbs the machine disturbs all of them.
class StreamCase {
 public:
  StreamCase(const StreamBench& options, const LoadedModel& model, const StreamTexts& stream, std::uint32_t length)
      : options_(options), model_(model), stream_(stream), length_(length) {}

  Result<Json> run(DataType type) {
    MEMO_ASSIGN_OR_RETURN(engine_, Engine::make(model_.checkpoint, {type, options_.threads}));
    for (const std::string& selection : options_.selections) {
      MEMO_ASSIGN_OR_RETURN(auto contestant,
                            StreamContestant::make(options_, selection, model_, engine_->type(), length_));
      contestants_.push_back(std::move(contestant));
      windows_.emplace_back(options_.windows);
    }
    (void)timed(batch_at(0), nullptr);
    for (std::size_t first = 0; first < stream_.texts.size(); first += options_.batch) run_batch(first);
    return summary();
  }

 private:
  using Batch = std::vector<Tokens>;
  struct Timed {
    at::Tensor embeddings;
    double seconds = 0;
  };

  Batch batch_at(std::size_t first) {
    Batch batch(std::min<std::size_t>(options_.batch, stream_.texts.size() - first));
    engine_->for_each(batch.size(),
                      [&](std::size_t i) { batch[i] = model_.encode(stream_.texts[first + i].text, length_); });
    return batch;
  }

  Timed timed(const Batch& batch, StreamContestant* contestant) {
    const std::vector<TokenSequence> sequences(batch.begin(), batch.end());
    const auto start = BenchClock::now();
    engine_->forward(sequences, contestant != nullptr ? contestant->source() : nullptr);
    Timed result{to_torch(engine_->embeddings()), 0};
    if (contestant != nullptr) contestant->settle();
    result.seconds = seconds_since(start);
    return result;
  }

  void run_batch(std::size_t first) {
    const auto start = BenchClock::now();
    const Batch batch = batch_at(first);
    const double tokenize_s = seconds_since(start);
    const std::size_t repeats = count_repeats(batch);
    const std::size_t runners = contestants_.size() + 1;
    std::vector<Timed> results(runners);
    std::vector<LayerCounters> before;
    std::vector<PartSeconds> spent_before;
    for (const auto& contestant : contestants_) {
      before.push_back(contestant->counted());
      spent_before.push_back(contestant->spent());
    }
    for (std::size_t turn = 0; turn < runners; ++turn) {
      const std::size_t runner = (turn + first / options_.batch) % runners;  // the last one: plain
      results[runner] = timed(batch, runner < contestants_.size() ? contestants_[runner].get() : nullptr);
    }
    const std::size_t window = first * options_.windows / stream_.texts.size();
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      StreamWindow part;
      part.add_times(tokenize_s + results.back().seconds, tokenize_s + results[i].seconds);
      part.repeats = repeats;
      part.parts = contestants_[i]->spent();
      part.parts -= spent_before[i];
      part.counters = contestants_[i]->counted();
      part.counters -= before[i];
      part.add_texts(results.back().embeddings, results[i].embeddings);
      windows_[i][window].add(part);
    }
  }

  std::size_t count_repeats(const Batch& batch) {
    std::size_t repeats = 0;
    for (const Tokens& tokens : batch) repeats += seen_.insert(Lineage::of_tokens(tokens).digest()).second ? 0 : 1;
    return repeats;
  }

  Json summary() const {
    Json runs = Json::array();
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      StreamWindow all;
      Json windows = Json::array();
      for (const StreamWindow& window : windows_[i]) {
        all.add(window);
        windows.push_back(window.json());
      }
      runs.push_back({{"selection", contestants_[i]->name()},
                      {"all", all.json()},
                      {"windows", std::move(windows)},
                      {"open", open_gates(contestants_[i]->selection())},
                      {"share", contestants_[i]->share()},
                      {"share_of_seen", contestants_[i]->share_of_seen()}});
      const Interval interval = all.saved_interval();
      print_stderr(
          "{:>4} {:<5}{:<9}saved {:6.2f} % ({:.1f} to {:.1f}), repeats {:5.2f} %, hits {:5.2f} %, "
          "published {:6.2f} %, cosine "
          "{:.4f} (least {:.3f})\n",
          length_, name_of(engine_->type()), contestants_[i]->name(), 100 * all.saved(), 100 * interval.low,
          100 * interval.high, 100.0 * static_cast<double>(all.repeats) / static_cast<double>(all.texts),
          100 * all.hit_rate(), 100 * all.published_share(), all.mean_cosine(), all.least_cosine);
    }
    return {{"length", length_}, {"dtype", name_of(engine_->type())}, {"runs", std::move(runs)}};
  }

  static Json open_gates(const OnlineSelection& selection) {
    Json by_similarity = Json::array();
    for (const LayerGate& gate : selection.by_similarity) by_similarity.push_back(gate.is_open());
    return {{"by_key", selection.early.is_open()}, {"by_similarity", std::move(by_similarity)}};
  }

  const StreamBench& options_;
  const LoadedModel& model_;
  const StreamTexts& stream_;
  const std::uint32_t length_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<StreamContestant>> contestants_;
  std::vector<std::vector<StreamWindow>> windows_;  // [contestants][windows]
  std::set<Digest> seen_;
};

constexpr double kMaxSkew = 10;

Status refuse(const std::string& message) {
  return {StatusCode::invalid_argument, message};
}

Result<StreamTexts> texts_for(const StreamBench& options) {
  Result<StreamTexts> stream = read_stream(options.input, options.limit);
  if (stream && options.zipf) return draw_by_zipf(*stream, *options.zipf, options.seed);
  if (stream && stream->dated == 0)
    print_stderr("memo-bench: no text has a \"date\": they come in the file's order\n");
  return stream;
}

Json order_of(const StreamBench& options, const StreamTexts& stream) {
  const char* name = options.zipf ? "zipf" : stream.dated > 0 ? "date" : "file";
  Json order{{"texts", stream.texts.size()}, {"order", name}};
  if (options.zipf) order["zipf"] = {{"exponent", *options.zipf}, {"seed", options.seed}};
  return order;
}

}  // namespace

Status StreamBench::validate() const {
  for (const std::uint32_t length : lengths)
    if (length < 2) return refuse(fmt::format("--length has {}, must be at least 2", length));
  for (const std::string& dtype : dtypes)
    if (!data_type_named(dtype)) return refuse(fmt::format("--dtype has \"{}\", must be f32 or bf16", dtype));
  for (const std::string& selection : selections)
    if (selection != "online" && selection != "fixed" && selection != "seen" && selection != "sampled")
      return refuse(fmt::format("--selection has \"{}\", must be online, fixed, seen or sampled", selection));
  if (zipf && !(*zipf >= 0 && *zipf <= kMaxSkew))
    return refuse(fmt::format("--zipf is {}, must be 0 to {}", *zipf, kMaxSkew));
  return parse_size(pool_size).status();
}

Result<Json> run_stream_bench(const StreamBench& options) {
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  MEMO_ASSIGN_OR_RETURN(const StreamTexts stream, texts_for(options));
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, options.threads);
  Json cases = Json::array();
  for (const std::uint32_t length : options.lengths) {
    MEMO_ASSIGN_OR_RETURN(const std::uint32_t chosen, model.choose_length(length));
    for (const std::string& dtype : options.dtypes) {
      const DataType type = data_type_named(dtype).value();
      if (supported_type(type) != type) {
        print_stderr("memo-bench: this CPU has no {} products; left out\n", dtype);
        continue;
      }
      MEMO_ASSIGN_OR_RETURN(Json measured, StreamCase(options, model, stream, chosen).run(type));
      cases.push_back(std::move(measured));
    }
  }
  if (!options.plot.empty()) MEMO_RETURN_IF_ERROR(write_stream_plot(cases, options.plot));
  Json figures = order_of(options, stream);
  figures.update({{"batch", options.batch},
                  {"threads", options.threads},
                  {"daemon", options.daemon},
                  {"cases", std::move(cases)}});
  if (!options.json.empty()) MEMO_RETURN_IF_ERROR(write_file(options.json, figures.dump(2) + "\n"));
  return figures;
}

}  // namespace memo
