#include "tools/memo-train/codebook_command.h"

#include <fmt/format.h>

#include <map>
#include <numeric>

#include "model/engine/bert_encoder.h"
#include "model/memo/codebook.h"
#include "model/memo/layer_math.h"
#include "tools/common/progress.h"
#include "tools/memo-train/map_average.h"

namespace memo {
namespace {

constexpr std::size_t kBatch = 16;

// Plain attention that adds its maps to averages.
class AveragingAttention : public Attention {
 public:
  AveragingAttention(const BertCheckpoint& checkpoint, const std::vector<std::int64_t>& layers,
                     std::int64_t bucket)
      : checkpoint_(checkpoint) {
    for (const std::int64_t layer : layers) averages_.emplace(layer, MapAverage(checkpoint.config.heads, bucket));
  }

  void begin(const TokenBatch& batch) override { batch_ = &batch; }

  at::Tensor context(std::int64_t layer, const at::Tensor& hidden) override {
    const LinearWeights& qkv = checkpoint_.layers[static_cast<std::size_t>(layer)].qkv;
    const ComputedAttention computed = compute_attention(checkpoint_.config, qkv, hidden, batch_->mask);
    const auto average = averages_.find(layer);
    if (average != averages_.end()) average->second.add(computed.map, batch_->lengths);
    return computed.context;
  }

  const std::map<std::int64_t, MapAverage>& averages() const { return averages_; }

 private:
  const BertCheckpoint& checkpoint_;
  const TokenBatch* batch_ = nullptr;
  std::map<std::int64_t, MapAverage> averages_;
};

Result<std::vector<std::int64_t>> choose_layers(const CodebookOptions& options, const BertConfig& config) {
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

void average_batch(const LoadedModel& model, const std::vector<Text>& texts, std::uint32_t length,
                   AveragingAttention& attention) {
  std::vector<Tokens> sequences;
  for (const Text& text : texts) sequences.push_back(model.tokenizer->encode(text.text, length));
  const std::vector<std::size_t> order = split_by_length(sequences, 1).front();
  const TokenBatch batch = pad_selected(sequences, order, model.tokenizer->pad_id());
  (void)BertEncoder(model.checkpoint).forward(batch, attention);
}

Result<std::uint64_t> average_texts(const LoadedModel& model, TextReader& reader, std::uint32_t length,
                                    AveragingAttention& attention) {
  Progress progress("averaging");
  for (std::uint64_t done = 0;;) {
    const Result<std::vector<Text>> texts = reader.next(kBatch);
    if (!texts) return texts.status();
    if (texts->empty()) return done;
    average_batch(model, *texts, length, attention);
    done += texts->size();
    progress.update(reader.fraction(), done);
  }
}

Status save_averages(const AveragingAttention& attention, const std::string& path) {
  Codebook codebook;
  for (const auto& [layer, average] : attention.averages())
    codebook.add(fmt::format("layer.{}", layer), average.mean());
  return codebook.save(path);
}

}  // namespace

void CodebookOptions::add_to(CLI::App& command) {
  command.add_option("--model", model, "The model's folder")->type_name("DIR")->required();
  command.add_option("--input", source.path, "Texts, one JSON object a line")->type_name("FILE.jsonl")->required();
  command.add_option("--text-field", source.text_field, "Field with the text")->capture_default_str();
  command.add_option("--limit", source.limit, "Use the first N texts only; 0: all")->capture_default_str();
  command.add_option("--length", length, "Cut texts to N tokens; default 128, or the model's longest");
  command.add_option("--layers", layers, "Layers to average, e.g. 0,1; default all")->delimiter(',');
  command.add_option("--output", output, "Where the maps go")->type_name("FILE.safetensors")->required();
}

Status train_codebook(const CodebookOptions& options) {
  const Result<LoadedModel> model = LoadedModel::load(options.model);
  if (!model) return model.status();
  const BertConfig& config = model->checkpoint.config;
  const Result<std::uint32_t> length = choose_length(options.length, config);
  if (!length) return length.status();
  const Result<std::vector<std::int64_t>> layers = choose_layers(options, config);
  if (!layers) return layers.status();
  Result<TextReader> reader = TextReader::open(options.source);
  if (!reader) return reader.status();
  AveragingAttention attention(model->checkpoint, *layers, *length);
  const Result<std::uint64_t> texts = average_texts(*model, *reader, *length, attention);
  if (!texts) return texts.status();
  if (*texts == 0)
    return {StatusCode::invalid_argument, fmt::format("{}: has no texts to average over", options.source.path)};
  MEMO_RETURN_IF_ERROR(save_averages(attention, options.output));
  fmt::print("{} maps of length {} averaged over {} texts\n", layers->size(), *length, *texts);
  return Status::ok();
}

}  // namespace memo
