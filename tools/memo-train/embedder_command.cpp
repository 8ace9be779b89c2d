#include "tools/memo-train/embedder_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "client/process/progress.h"
#include "client/process/stderr_text.h"
#include "embed/files/output_file.h"
#include "model/text/loaded_model.h"
#include "tools/common/command_line.h"
#include "tools/common/distinct_files.h"
#include "tools/common/interrupt.h"

namespace memo {
namespace {

// Maps of texts shorter than this share of the length agree merely because the texts are short.
constexpr double kShort = 0.5;

Result<std::vector<Tokens>> read_texts(const LoadedModel& model, const EmbedderOptions& options,
                                       std::uint32_t length) {
  MEMO_ASSIGN_OR_RETURN(const std::vector<Text> all, sample_texts(options.source, options.training.siamese.seed));
  std::vector<Tokens> texts;
  for (const Text& text : all) texts.push_back(model.encode(text.text, length));
  return texts;
}

void warn_of_short_texts(const std::vector<Tokens>& texts, std::uint32_t length) {
  double tokens = 0;
  for (const Tokens& text : texts) tokens += static_cast<double>(text.size());
  const double mean = tokens / static_cast<double>(std::max<std::size_t>(texts.size(), 1));
  if (mean < kShort * length)
    print_stderr(
        "memo-train: warning: texts have {:.0f} tokens on average, the length is {}: a shorter --length "
        "fits them better\n",
        mean, length);
}

nlohmann::json to_json(const LayerTraining& layer) {
  nlohmann::json curve = nlohmann::json::array();
  for (const ValidationPoint& point : layer.curve)
    curve.push_back({{"step", point.step}, {"similarity", point.retrieved}});
  const RetrievalQuality& quality = layer.quality;
  return {{"layer", layer.layer},
          {"seed", layer.seed},
          {"best_step", layer.best_step},
          {"ridge", layer.ridge},
          {"validation", curve},
          {"best", quality.best},
          {"penalty_power", layer.power},
          {"trained", quality.trained},
          {"unpenalized", quality.unpenalized},
          {"projection", quality.projection},
          {"random", quality.random},
          {"ratio", quality.ratio()},
          {"near_duplicates",
           {{"queries", quality.near_queries},
            {"best", quality.near_best},
            {"trained", quality.near_trained},
            {"recall", quality.near_recall}}}};
}

Status write_json(const TrainedEmbedder& trained, const EmbedderOptions& options) {
  nlohmann::json document{{"embedder", trained.embedders.fingerprint().hex()},
                          {"length", trained.embedders.shape().length_bucket},
                          {"row_stride", options.training.samples.row_stride},
                          {"interrupted", trained.interrupted}};
  for (const LayerTraining& layer : trained.layers) document["layers"].push_back(to_json(layer));
  return write_file(options.json, document.dump(2) + "\n");
}

struct Summary {
  double count = 0, sum = 0, squares = 0;
  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  double mean() const { return sum / count; }
  double deviation() const {
    return count > 1 ? std::sqrt(std::max(0.0, (squares - sum * sum / count) / (count - 1))) : 0;
  }
};

void print_table(const std::vector<LayerTraining>& layers, std::FILE* stream) {
  std::map<std::int64_t, std::map<std::string_view, Summary>> table;
  for (const LayerTraining& layer : layers) {
    auto& row = table[layer.layer];
    row["best"].add(layer.quality.best);
    row["trained"].add(layer.quality.trained);
    row["unpenalized"].add(layer.quality.unpenalized);
    row["projection"].add(layer.quality.projection);
    row["random"].add(layer.quality.random);
    row["ratio"].add(layer.quality.ratio());
    row["near"].add(layer.quality.near_best > 0 ? layer.quality.near_trained / layer.quality.near_best : 1);
    row["recall"].add(layer.quality.near_recall);
  }
  print_to(stream, "{:>5}  {:>6}  {:>7}  {:>11}  {:>10}  {:>6}  {:>15}  {:>18}  {:>6}\n", "layer", "best",
           "trained", "unpenalized", "projection", "random", "trained/best", "of near-duplicates", "recall");
  for (auto& [layer, row] : table)
    print_to(stream,
             "{:>5}  {:>6.3f}  {:>7.3f}  {:>11.3f}  {:>10.3f}  {:>6.3f}  {:>7.3f} ± {:.3f}  {:>18.3f}  {:>6.2f}\n",
             layer, row["best"].mean(), row["trained"].mean(), row["unpenalized"].mean(), row["projection"].mean(),
             row["random"].mean(), row["ratio"].mean(), row["ratio"].deviation(), row["near"].mean(),
             row["recall"].mean());
}

}  // namespace

void EmbedderOptions::add_to(CLI::App& command) {
  training.samples.threads = std::max(1u, std::thread::hardware_concurrency());
  const std::map<std::string, SiameseLoss> losses{{"ranking", SiameseLoss::ranking},
                                                  {"regression", SiameseLoss::regression}};
  SampleOptions& samples = training.samples;
  SiameseOptions& siamese = training.siamese;
  command.add_option("--model", model, "The model's folder")->type_name("DIR")->required();
  command.add_option("--input", source.path, "Texts, one JSON object a line")->type_name("FILE.jsonl")->required();
  command.add_option("--text-field", source.text_field, "Field with the text")->capture_default_str();
  command.add_option("--limit", source.limit, "Use N texts only, drawn by the seed; 0: all")
      ->capture_default_str();
  command.add_option("--length", length,
                     "Cut texts to N tokens; default: the model's own (128 where it has none)");
  command.add_option("--layers", samples.layers, "Layers to train, e.g. 0,1; default all")->delimiter(',');
  command.add_option("--seed", siamese.seed, "Of the choice and the split of the texts, and of the training")
      ->capture_default_str();
  command
      .add_option("--splits", training.splits, "Train and measure with N seeds; the first's embedders are written")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--threads", samples.threads, "Worker threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--segments", samples.shape.segments, "Stretches of the sequence kept apart")
      ->capture_default_str();
  command.add_option("--token-width", samples.shape.token_width, "Numbers that a token is reduced to")
      ->capture_default_str();
  command.add_option("--dimension", samples.shape.feature_dimension, "Numbers in a feature")
      ->capture_default_str();
  command.add_option("--hidden-width", siamese.hidden_width, "Width inside of the MLP; 0: one layer")
      ->capture_default_str();
  command.add_option("--loss", siamese.loss, "ranking or regression")->transform(CLI::CheckedTransformer(losses));
  command.add_option("--temperature", siamese.temperature, "Of the loss, in units of similarity")
      ->capture_default_str();
  command.add_option("--learning-rate", siamese.learning_rate, "At the start")->capture_default_str();
  command.add_option("--weight-decay", siamese.weight_decay, "Towards the start")->capture_default_str();
  command.add_option("--noise", siamese.noise, "On inputs, as a part of their deviation")->capture_default_str();
  command.add_option("--steps", siamese.steps, "Of Siamese training after the regression, at most")
      ->capture_default_str();
  command.add_option("--row-stride", samples.row_stride, "Compare one row of the maps in N; 1: whole maps")
      ->capture_default_str();
  command.add_option("--output", output, "Where the embedders go")->type_name("FILE.safetensors")->required();
  command.add_option("--json", json, "Where all figures go")->type_name("FILE");
  require_distinct_files(command, [this] {
    std::vector<NamedPath> files = model_files("--model", model);
    files.push_back(NamedPath::input("--input", source.path));
    files.push_back(NamedPath::output("--output", output));
    files.push_back(NamedPath::output("--json", json));
    return files;
  });
}

Status train_embedder(EmbedderOptions options) {
  MEMO_RETURN_IF_ERROR(check_output(options.output));
  MEMO_RETURN_IF_ERROR(check_output(options.json));
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(options.length));
  options.training.samples.shape.length_bucket = length;
  options.training.samples.folder = std::filesystem::temp_directory_path().string();
  MEMO_ASSIGN_OR_RETURN(const std::vector<Tokens> texts, read_texts(model, options, length));
  warn_of_short_texts(texts, length);
  const Interrupt interrupt;
  Progress reading("reading maps"), training("training");
  MEMO_ASSIGN_OR_RETURN(
      const TrainedEmbedder trained,
      train_embedder(model, texts, options.training, [&](std::string_view stage, double fraction) {
        (stage == "training" ? training : reading).update(fraction, static_cast<std::uint64_t>(fraction * 100));
        return !interrupt.wait_for(std::chrono::milliseconds(0));
      }));
  MEMO_RETURN_IF_ERROR(trained.embedders.save(options.output));
  if (!options.json.empty()) MEMO_RETURN_IF_ERROR(write_json(trained, options));
  std::FILE* const stream = report_stream({options.output, options.json});
  print_table(trained.layers, stream);
  print_to(stream, "embedder {}{}\n", trained.embedders.fingerprint().hex(),
           trained.interrupted ? " (interrupted)" : "");
  return Status::ok();
}

}  // namespace memo
