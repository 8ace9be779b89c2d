#include "tools/memo-bench/stream/bench.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

#include "client/process/progress.h"
#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "embed/files/output_file.h"
#include "model/text_model/text_model.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/stream/contestant.h"
#include "tools/memo-bench/stream/mails.h"
#include "tools/memo-bench/stream/plot.h"
#include "tools/memo-bench/stream/window.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// One length and number format. Plain and all memoized runs go through the stream together, batch by batch, in an
// order that rotates, so that what disturbs the machine disturbs all of them.
class StreamCase {
 public:
  StreamCase(const StreamBench& options, const LoadedModel& model, const StreamTexts& stream, std::uint32_t length)
      : options_(options), model_(model), stream_(stream), length_(length) {}

  Result<Json> run(DataType type) {
    MEMO_ASSIGN_OR_RETURN(plain_, TextModel::plain(model_, {type, options_.threads}, length_));
    for (const std::string& reuse : options_.reuse)
      for (const std::string& selection : options_.selections) {
        MEMO_ASSIGN_OR_RETURN(auto contestant, StreamContestant::make(options_, reuse, selection, *plain_));
        contestants_.push_back(std::move(contestant));
        windows_.emplace_back(options_.windows);
      }
    plain_->warm_up(batch_at(0));
    for (std::size_t first = 0; first < stream_.texts.size(); first += options_.batch) {
      run_batch(first);
      progress_.update(static_cast<double>(first) / static_cast<double>(stream_.texts.size()), first);
    }
    return summary();
  }

 private:
  struct Timed {
    TextResults results;
    double seconds = 0;
  };

  std::vector<TextInput> batch_at(std::size_t first) const {
    std::vector<TextInput> batch(std::min<std::size_t>(options_.batch, stream_.texts.size() - first));
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].text = stream_.texts[first + i].text;
    return batch;
  }

  Timed timed(std::span<const TextInput> batch, StreamContestant* contestant) {
    const auto start = BenchClock::now();
    Timed result{contestant != nullptr ? contestant->model().run(batch) : plain_->run(batch), 0};
    if (contestant != nullptr) contestant->settle();
    result.seconds = seconds_since(start);
    return result;
  }

  void run_batch(std::size_t first) {
    const std::vector<TextInput> batch = batch_at(first);
    const std::size_t repeats = count_repeats(batch);
    const std::size_t runners = contestants_.size() + 1;
    std::vector<Timed> timed(runners);
    std::vector<StreamCounts> before;
    for (const auto& contestant : contestants_) before.push_back(contestant->counts());
    for (std::size_t turn = 0; turn < runners; ++turn) {
      const std::size_t runner = (turn + first / options_.batch) % runners;  // the last one: plain
      timed[runner] = this->timed(batch, runner < contestants_.size() ? contestants_[runner].get() : nullptr);
    }
    const std::size_t window = first * options_.windows / stream_.texts.size();
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      StreamWindow part;
      part.add_times(timed.back().seconds, timed[i].seconds);
      part.repeats = repeats;
      part.counts = contestants_[i]->counts();
      part.counts -= before[i];
      part.add_texts(timed.back().results.embeddings, timed[i].results.embeddings);
      windows_[i][window].add(part);
    }
  }

  std::size_t count_repeats(std::span<const TextInput> batch) {
    std::size_t repeats = 0;
    for (const PairEncoding& input : plain_->tokenize(batch))
      repeats += seen_.insert(output_key({input.ids, input.types})).second ? 0 : 1;
    return repeats;
  }

  Json summary() {
    Json runs = Json::array();
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      StreamWindow all;
      Json windows = Json::array();
      for (const StreamWindow& window : windows_[i]) {
        all.add(window);
        windows.push_back(window.json());
      }
      StreamContestant& contestant = *contestants_[i];
      const Admission& maps = contestant.model().plan()->admission();
      runs.push_back({{"reuse", contestant.reuse()},
                      {"selection", contestant.selection()},
                      {"all", all.json()},
                      {"windows", std::move(windows)},
                      {"open", open_gates(contestant.model())},
                      {"share", maps.share()},
                      {"share_of_seen", maps.share_of_seen()}});
      print(contestant, all);
    }
    return {{"length", length_}, {"dtype", name_of(plain_->type())}, {"runs", std::move(runs)}};
  }

  void print(const StreamContestant& contestant, const StreamWindow& all) const {
    const Interval interval = all.saved_interval();
    print_stderr(
        "{:>4} {:<5}{:<8}{:<8}saved {:6.2f} % ({:.1f} to {:.1f}), repeats {:5.2f} %, results found {:5.2f} %, "
        "maps "
        "found {:5.2f} %, published {:6.2f} %, cosine {:.4f} (least {:.3f}), {} with other bits\n",
        length_, name_of(plain_->type()), contestant.reuse(), contestant.selection(), 100 * all.saved(),
        100 * interval.low, 100 * interval.high,
        100.0 * static_cast<double>(all.repeats) / static_cast<double>(all.texts), 100 * all.outputs_found(),
        100 * all.maps_found(), 100 * all.maps_published(), all.mean_cosine(), all.least_cosine, all.different);
  }

  static Json open_gates(TextModel& model) {
    const OnlineSelection& maps = model.attention()->selection();
    Json by_similarity = Json::array();
    for (const LayerGate& gate : maps.by_similarity) by_similarity.push_back(gate.is_open());
    return {{"outputs", model.outputs() != nullptr && model.outputs()->is_open()},
            {"by_key", maps.early.is_open()},
            {"by_similarity", std::move(by_similarity)}};
  }

  const StreamBench& options_;
  const LoadedModel& model_;
  const StreamTexts& stream_;
  const std::uint32_t length_;
  std::unique_ptr<TextModel> plain_;
  std::vector<std::unique_ptr<StreamContestant>> contestants_;
  std::vector<std::vector<StreamWindow>> windows_;  // [contestants][windows]
  std::set<Key> seen_;
  Progress progress_{"memo-bench stream"};
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
    if (!data_type_named(dtype))
      return refuse(fmt::format("--dtype has \"{}\", must be {}", dtype, kDataTypeList));
  for (const std::string& name : reuse)
    if (name != "outputs" && name != "maps" && name != "both")
      return refuse(fmt::format("--reuse has \"{}\", must be outputs, maps or both", name));
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
