#include "model/tuning/training/embedder_training.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <random>

#include "embed/training/torch_tensor.h"
#include "model/engine/library_threads.h"
#include "model/tuning/training/map_typicality.h"

namespace memo {
namespace {

constexpr std::uint64_t kProjectionSeed = 1;

struct TextSplit {
  at::Tensor train, stored, queries;
};

TextSplit split_texts(std::size_t texts, const EmbedderTraining& options, std::uint64_t seed) {
  std::vector<std::int64_t> order(texts);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  std::shuffle(order.begin(), order.end(), random);
  const auto part = [&](double fraction) {
    return static_cast<std::int64_t>(fraction * static_cast<double>(texts));
  };
  at::Tensor all = at::empty({static_cast<std::int64_t>(texts)}, at::kLong);
  std::copy(order.begin(), order.end(), all.data_ptr<std::int64_t>());
  const std::int64_t train = part(options.train);
  const std::int64_t queries = std::max<std::int64_t>(1, part(options.queries));
  return {all.narrow(0, 0, train), all.narrow(0, train + queries, all.numel() - train - queries),
          all.narrow(0, train, queries)};
}

Status check_texts(std::span<const Tokens> texts, const EmbedderTraining& options) {
  if (texts.size() < kMinEmbedderTexts)
    return {StatusCode::invalid_argument,
            fmt::format("{} texts, training an embedder needs at least {}; some thousands are better",
                        texts.size(), kMinEmbedderTexts)};
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i].size() > options.samples.shape.length_bucket)
      return {StatusCode::invalid_argument, fmt::format("text {} has {} tokens, the length is {}", i,
                                                        texts[i].size(), options.samples.shape.length_bucket)};
  return Status::ok();
}

Status complete_options(EmbedderTraining& options, const ModelConfig& config) {
  MEMO_RETURN_IF_ERROR(options.validate());
  SampleOptions& samples = options.samples;
  samples.shape.hidden = static_cast<std::uint32_t>(config.hidden);
  samples.shape.segments = std::min(samples.shape.segments, samples.shape.length_bucket);
  MEMO_RETURN_IF_ERROR(samples.shape.validate());
  if (std::int64_t{samples.shape.length_bucket} > config.max_positions)
    return {StatusCode::invalid_argument, fmt::format("the length is {}, the model's longest is {}",
                                                      samples.shape.length_bucket, config.max_positions)};
  if (samples.layers.empty()) {
    samples.layers.resize(static_cast<std::size_t>(config.layers));
    std::iota(samples.layers.begin(), samples.layers.end(), 0);
  }
  for (const std::int64_t layer : samples.layers)
    if (layer < 0 || layer >= config.layers)
      return {StatusCode::invalid_argument,
              fmt::format("layer {} is to be trained, this model's are 0 to {}", layer, config.layers - 1)};
  std::sort(samples.layers.begin(), samples.layers.end());
  samples.layers.erase(std::unique(samples.layers.begin(), samples.layers.end()), samples.layers.end());
  return Status::ok();
}

// Trains all layers and seeds; what is shared is guarded by the mutex.
class Trainer {
 public:
  Trainer(const LayerSamples& samples, const Embedder& start, const EmbedderTraining& options,
          const TrainingProgress& progress)
      : samples_(samples),
        start_(start),
        options_(options),
        progress_(progress),
        jobs_(options.samples.layers.size() * options.splits) {
    results_.resize(jobs_);
  }
  // Fills the results below, in order of layer and seed.
  Status run();
  std::vector<LayerTraining> reports;
  std::vector<LayerEmbedder> embedders;  // [layers trained]
  bool interrupted = false;

 private:
  struct Outcome {
    Status status;
    std::optional<LayerTraining> report;
    std::optional<LayerEmbedder> embedder;
  };
  void train_layer(std::size_t index);
  Outcome train_split(std::int64_t layer, std::uint64_t seed, const at::Tensor& similarity);
  at::Tensor lengths() const;
  bool advance(double part_of_a_job);

  const LayerSamples& samples_;
  const Embedder& start_;
  const EmbedderTraining& options_;
  const TrainingProgress& progress_;
  const std::size_t jobs_;
  std::vector<Outcome> results_;  // [layers x splits], each written by one thread
  std::mutex mutex_;
  double done_ = 0;  // jobs
  bool stop_ = false;
};

bool Trainer::advance(double part_of_a_job) {
  const std::lock_guard lock(mutex_);
  done_ += part_of_a_job;
  stop_ = stop_ || !progress_("training", std::min(done_ / static_cast<double>(jobs_), 1.0));
  return !stop_;
}

Trainer::Outcome Trainer::train_split(std::int64_t layer, std::uint64_t seed, const at::Tensor& similarity) {
  const TextSplit split = split_texts(samples_.texts(), options_, seed);
  const MapRows maps = samples_.maps(layer);
  const std::uint32_t bucket = options_.samples.shape.length_bucket;
  AverageRows average = average_rows(maps, split.train, bucket);
  SiameseSamples all{samples_.pooled(layer), similarity, {}, lengths()};
  // Isolated as in train_layer().
  oneapi::tbb::this_task_arena::isolate([&] { all.typicality = typicalities(maps, average); });
  SiameseOptions siamese = options_.siamese;
  siamese.seed = seed;
  const auto of_training = [&](const at::Tensor& values) { return values.index_select(0, split.train); };
  const SiameseSamples training{of_training(all.pooled), of_training(similarity).index_select(1, split.train),
                                of_training(all.typicality), of_training(all.length)};
  const double part = static_cast<double>(siamese.check_every) / std::max(siamese.steps, 1u);
  double reported = 0;
  Result<SiameseResult> result = train_siamese(start_, training, siamese, [&](const ValidationPoint&) {
    const double step = std::min(part, 1 - reported);
    reported += step;
    return advance(step);
  });
  if (!result) return {result.status(), {}, {}};
  advance(1 - reported);
  LayerTraining report{layer, seed, result->curve, result->best_step, result->ridge, result->penalty->power, {}};
  report.quality = measure_retrieval(*result, start_, all, split.stored, split.queries);
  if (report.power > 0)
    result->trained.penalty = MapPenalty{*result->penalty, from_torch(average.rows), average.stride};
  return {Status::ok(), std::move(report), std::move(result->trained)};
}

// Lengths as shares of the bucket. Shapes: -> [texts] f32
at::Tensor Trainer::lengths() const {
  const auto tokens = samples_.maps(options_.samples.layers.front()).lengths;
  at::Tensor lengths = at::empty({static_cast<std::int64_t>(tokens.size())}, at::kFloat);
  std::copy(tokens.begin(), tokens.end(), lengths.data_ptr<float>());
  return lengths.div_(static_cast<double>(options_.samples.shape.length_bucket));
}

void Trainer::train_layer(std::size_t index) {
  use_one_thread_here();
  const std::int64_t layer = options_.samples.layers[index];
  const auto texts = static_cast<std::int64_t>(samples_.texts());
  const at::Tensor similarity = at::empty({texts, texts}, at::kFloat);
  // Isolated: a thread that waits here must not start another layer, whose matrix would need memory as well.
  oneapi::tbb::this_task_arena::isolate(
      [&] { pair_similarities(samples_.maps(layer), similarity.data_ptr<float>()); });
  for (std::size_t i = 0; i < options_.splits; ++i)
    results_[index * options_.splits + i] = train_split(layer, options_.siamese.seed + i, similarity);
}

Status Trainer::run() {
  oneapi::tbb::task_arena arena(static_cast<int>(options_.samples.threads));
  arena.execute([&] {
    oneapi::tbb::parallel_for(std::size_t{0}, options_.samples.layers.size(),
                              [&](std::size_t index) { train_layer(index); });
  });
  for (std::size_t i = 0; i < jobs_; ++i) {
    MEMO_RETURN_IF_ERROR(results_[i].status);
    reports.push_back(std::move(*results_[i].report));
    if (i % options_.splits == 0) embedders.push_back(std::move(*results_[i].embedder));
  }
  interrupted = stop_;
  return Status::ok();
}

}  // namespace

EmbedderTraining::EmbedderTraining() {
  // The position of a token counts more than its exact state, so there are more and narrower segments than in the
  // projection's default shape. Their product is the same.
  samples.shape.segments = 64;
  samples.shape.token_width = 8;
  samples.shape.feature_dimension = 256;
}

Status EmbedderTraining::validate() const {
  if (!(train > 0 && queries > 0 && train + queries < 1))
    return {StatusCode::invalid_argument,
            "the parts that train and that are looked up must leave some texts stored"};
  if (splits == 0 || samples.row_stride == 0)
    return {StatusCode::invalid_argument, "the splits and the stride of rows must be at least 1"};
  return siamese.validate();
}

Result<TrainedEmbedder> train_embedder(const LoadedModel& model, std::span<const Tokens> texts,
                                       EmbedderTraining options, const TrainingProgress& progress) {
  const ModelConfig& config = model.checkpoint.config;
  MEMO_RETURN_IF_ERROR(complete_options(options, config));
  MEMO_RETURN_IF_ERROR(check_texts(texts, options));
  const auto advance = [&](std::size_t done) {
    return progress("reading maps", static_cast<double>(done) / static_cast<double>(texts.size()));
  };
  MEMO_ASSIGN_OR_RETURN(const LayerSamples samples,
                        LayerSamples::collect(model.checkpoint, texts, options.samples, advance));
  MEMO_ASSIGN_OR_RETURN(const Embedder start, Embedder::projection(options.samples.shape, kProjectionSeed));
  Trainer trainer(samples, start, options, progress);
  MEMO_RETURN_IF_ERROR(trainer.run());
  std::vector<LayerEmbedder> entries(static_cast<std::size_t>(config.layers), {start, {}, {}});
  for (std::size_t i = 0; i < trainer.embedders.size(); ++i)
    entries[static_cast<std::size_t>(options.samples.layers[i])] = std::move(trainer.embedders[i]);
  MEMO_ASSIGN_OR_RETURN(EmbedderSet set, EmbedderSet::one_a_layer(std::move(entries)));
  return TrainedEmbedder{std::move(set), std::move(trainer.reports), trainer.interrupted};
}

}  // namespace memo
