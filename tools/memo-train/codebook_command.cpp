#include "tools/memo-train/codebook_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <thread>

#include "client/process/progress.h"
#include "embed/files/output_file.h"
#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"
#include "model/policy/codebook.h"
#include "model/text/loaded_model.h"
#include "model/tuning/training/map_average.h"
#include "model/tuning/training/map_observer.h"
#include "tools/common/command_line.h"
#include "tools/common/distinct_files.h"

namespace memo {
namespace {

constexpr std::size_t kBatch = 16;

using Averages = std::map<std::size_t, MapAverage>;  // by layer

Result<std::vector<std::int64_t>> choose_layers(const CodebookOptions& options, const ModelConfig& config) {
  std::vector<std::int64_t> layers = options.layers;
  if (layers.empty()) {
    layers.resize(static_cast<std::size_t>(config.layers));
    std::iota(layers.begin(), layers.end(), 0);
  }
  for (const std::int64_t layer : layers)
    if (layer < 0 || layer >= config.layers)
      return Status(StatusCode::invalid_argument,
                    fmt::format("--layers has {}, this model's layers are 0 to {}", layer, config.layers - 1));
  return layers;
}

void average_batch(const LoadedModel& model, Engine& engine, const std::vector<Text>& texts, std::uint32_t length,
                   AttentionSource& source) {
  std::vector<Tokens> sequences;
  for (const Text& text : texts) sequences.push_back(model.encode(text.text, length));
  const std::vector<TokenSequence> batch(sequences.begin(), sequences.end());
  engine.forward(batch, &source);
}

Result<std::uint64_t> average_texts(const LoadedModel& model, Engine& engine, TextReader& reader,
                                    std::uint32_t length, AttentionSource& source) {
  Progress progress("averaging");
  for (std::uint64_t done = 0;;) {
    MEMO_ASSIGN_OR_RETURN(const std::vector<Text> texts, reader.next(kBatch));
    if (texts.empty()) return done;
    average_batch(model, engine, texts, length, source);
    done += texts.size();
    progress.update(reader.fraction(), done);
  }
}

Status save_averages(const Averages& averages, const std::string& path) {
  Codebook codebook;
  for (const auto& [layer, average] : averages)
    codebook.add(fmt::format("layer.{}", layer), from_torch(average.mean()));
  return codebook.save(path);
}

}  // namespace

void CodebookOptions::add_to(CLI::App& command) {
  threads = std::max(1u, std::thread::hardware_concurrency());
  command.add_option("--model", model, "The model's folder")->type_name("DIR")->required();
  command.add_option("--input", source.path, "Texts, one JSON object a line")->type_name("FILE.jsonl")->required();
  command.add_option("--text-field", source.text_field, "Field with the text")->capture_default_str();
  command.add_option("--limit", source.limit, "Use the first N texts only; 0: all")->capture_default_str();
  command.add_option("--length", length,
                     "Cut texts to N tokens; default: the model's own (128 where it has none)");
  command.add_option("--threads", threads, "Worker threads")->check(CLI::Range(1, 1024))->capture_default_str();
  command.add_option("--layers", layers, "Layers to average, e.g. 0,1; default all")->delimiter(',');
  command.add_option("--output", output, "Where the maps go")->type_name("FILE.safetensors")->required();
  require_distinct_files(command, [this] {
    std::vector<NamedPath> files = model_files("--model", model);
    files.push_back(NamedPath::input("--input", source.path));
    files.push_back(NamedPath::output("--output", output));
    return files;
  });
}

Status train_codebook(const CodebookOptions& options) {
  MEMO_RETURN_IF_ERROR(check_output(options.output));
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  const ModelConfig& config = model.checkpoint.config;
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(options.length));
  MEMO_ASSIGN_OR_RETURN(const std::vector<std::int64_t> layers, choose_layers(options, config));
  MEMO_ASSIGN_OR_RETURN(TextReader reader, TextReader::open(options.source));
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                        Engine::make(model.checkpoint, {DataType::f32, options.threads}));
  Averages averages;
  for (const std::int64_t layer : layers)
    averages.emplace(static_cast<std::size_t>(layer), MapAverage(config.heads, length));
  MapObserver source(config, layers, {{}, [&](std::size_t layer, std::size_t, const at::Tensor& map) {
                                        averages.at(layer).add(map);
                                      }});
  MEMO_ASSIGN_OR_RETURN(const std::uint64_t texts, average_texts(model, *engine, reader, length, source));
  if (texts == 0)
    return {StatusCode::invalid_argument, fmt::format("{}: has no texts to average over", options.source.path)};
  MEMO_RETURN_IF_ERROR(save_averages(averages, options.output));
  print_to(report_stream({options.output}), "{} maps of length {} averaged over {} texts\n", layers.size(), length,
           texts);
  return Status::ok();
}

}  // namespace memo
