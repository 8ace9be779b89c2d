#include "tools/memo-bench/stream/hits_bench.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <memory>

#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "model/text_model/text_model.h"
#include "tools/common/distinct_files.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/stream/contestant.h"
#include "tools/memo-bench/stream/mails.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kTimesFound = 5;

StreamBench stream_of(const HitsBench& options) {
  StreamBench stream;
  stream.pool_size = options.pool_size;
  stream.folder = options.folder;
  stream.daemon = true;
  return stream;
}

class HitsRun {
 public:
  HitsRun(const HitsBench& options, TextModel& plain, StreamContestant& memoized, std::vector<std::string> texts)
      : options_(options), plain_(plain), memoized_(memoized.model()), texts_(std::move(texts)) {
    for (const std::string& text : texts_) (void)memoized_.run(one(text));
    memoized.settle();
    memoized_.start_over();
  }

  Json run() {
    for (std::uint32_t round = 0; round < options_.rounds; ++round) {
      for (const std::string& text : texts_) expected_.push_back(timed(plain_, text, computed_));
      for (int time = 0; time < kTimesFound; ++time)
        for (std::size_t i = 0; i < texts_.size(); ++i) compare(timed(memoized_, texts_[i], found_), expected_[i]);
      expected_.clear();
    }
    return figures();
  }

 private:
  static std::vector<TextInput> one(const std::string& text) { return {{text}}; }
  static Tensor timed(TextModel& model, const std::string& text, Samples& samples) {
    const std::vector<TextInput> batch = one(text);
    const auto start = BenchClock::now();
    TextResults results = model.run(batch);
    samples.add(start);
    return std::move(results.embeddings);
  }
  void compare(const Tensor& found, const Tensor& expected) {
    different_ += std::memcmp(found.data_ptr(), expected.data_ptr(), expected.nbytes()) == 0 ? 0 : 1;
  }
  Json figures() const {
    const Json computed = computed_.summary(), found = found_.summary();
    const TextModelFigures figures = memoized_.figures();
    const double us_a_text = 1e6 / static_cast<double>(found_.size());
    return {{"texts", texts_.size()},
            {"length", options_.length},
            {"dtype", name_of(plain_.type())},
            {"threads", options_.threads},
            {"computed_us", computed},
            {"found_us", found},
            {"ratio", computed["p50"].get<double>() / found["p50"].get<double>()},
            {"tail", found["p99"].get<double>() / found["p50"].get<double>()},
            {"parts_us",
             {{"tokenize", us_a_text * figures.tokenize_s / options_.threads},
              {"ask", us_a_text * figures.outputs_s.ask}}},
            {"not_found", figures.outputs.computed},
            {"different", different_}};
  }

  const HitsBench& options_;
  TextModel& plain_;
  TextModel& memoized_;
  const std::vector<std::string> texts_;
  std::vector<Tensor> expected_;
  Samples computed_;
  Samples found_;
  std::uint64_t different_ = 0;
};

Result<std::vector<std::string>> long_texts(const HitsBench& options, const TextModel& plain) {
  MEMO_ASSIGN_OR_RETURN(const StreamTexts stream, read_stream(options.input, 0));
  std::vector<std::string> texts;
  for (const StreamText& text : stream.texts) {
    if (plain.loaded().encode(text.text, options.length).size() == options.length) texts.push_back(text.text);
    if (texts.size() == options.texts) return texts;
  }
  return Status(StatusCode::invalid_argument,
                fmt::format("{}: {} texts have {} tokens, --texts asks for {}", options.input, texts.size(),
                            options.length, options.texts));
}

}  // namespace

Status HitsBench::validate() const {
  if (!data_type_named(dtype))
    return {StatusCode::invalid_argument, fmt::format("--dtype is \"{}\", must be {}", dtype, kDataTypeList)};
  return parse_size(pool_size).status();
}

Result<Json> run_hits_bench(const HitsBench& options) {
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, options.threads);
  MEMO_ASSIGN_OR_RETURN(
      const auto plain,
      TextModel::plain(model, {*data_type_named(options.dtype), options.threads}, options.length));
  MEMO_ASSIGN_OR_RETURN(std::vector<std::string> texts, long_texts(options, *plain));
  MEMO_ASSIGN_OR_RETURN(const auto memoized,
                        StreamContestant::make(stream_of(options), "outputs", "fixed", *plain));
  Json figures = HitsRun(options, *plain, *memoized, std::move(texts)).run();
  print_stderr("{} tokens, {}: computed in {:.0f} us, found in {:.0f} us (p99 {:.0f}): 1/{:.0f}\n", options.length,
               figures["dtype"].get<std::string>(), figures["computed_us"]["p50"].get<double>(),
               figures["found_us"]["p50"].get<double>(), figures["found_us"]["p99"].get<double>(),
               figures["ratio"].get<double>());
  return figures;
}

BenchCommand add_hits_command(CLI::App& app) {
  auto options = std::make_shared<HitsBench>();
  CLI::App* command = app.add_subcommand(
      "hits", "What a whole result that is found costs, text in to vector out, beside computing it");
  command->add_option("--model", options->model, "Folder of the model")->type_name("DIR")->required();
  command->add_option("--input", options->input, "Texts, one JSON object a line")
      ->type_name("FILE.jsonl")
      ->required();
  command->add_option("--length", options->length, "Tokens of a text")
      ->check(CLI::Range(2, 65536))
      ->capture_default_str();
  command->add_option("--dtype", options->dtype, kDataTypeList)->capture_default_str();
  command->add_option("--texts", options->texts, "Texts of this length")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Times to go through them")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads")->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_option("--pool-size", options->pool_size, "Size of the pool")->capture_default_str();
  command->add_option("--folder", options->folder, "Where to put it")->capture_default_str();
  return {command, [options] { return options->validate(); }, [options] { return run_hits_bench(*options); },
          true};
}

}  // namespace memo
