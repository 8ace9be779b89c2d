#include "model/tuning/training/layer_samples.h"

#include <ATen/ops/from_blob.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/engine/engine.h"
#include "model/tuning/training/map_observer.h"

namespace memo {
namespace {

constexpr std::size_t kBatch = 16;

}  // namespace

struct LayerSamples::Contents {
  struct Sizes {
    std::size_t heads, kept_rows, width;  // kept_rows: of a head
    std::size_t pooled_floats;            // of a text
    std::size_t map_elements() const { return heads * kept_rows * width; }
    // The record of a text at a layer; both parts are multiples of 64 bytes.
    std::size_t bytes() const { return pooled_floats * sizeof(float) + map_elements() * sizeof(std::uint16_t); }
  };
  static Sizes sizes_of(const ModelConfig& config, const SampleOptions& options);

  SampleOptions options;
  Sizes sizes;
  std::size_t texts = 0;
  std::size_t bytes = 0;
  void* memory = MAP_FAILED;
  std::vector<std::uint32_t> lengths;  // [texts], in tokens
  ~Contents() {
    if (memory != MAP_FAILED) ::munmap(memory, bytes);
  }
  // [layers] of {pooled [texts], maps [texts]}
  std::byte* layer(std::int64_t layer) const {
    const auto found = std::find(options.layers.begin(), options.layers.end(), layer);
    const auto place = static_cast<std::size_t>(found - options.layers.begin());
    return static_cast<std::byte*>(memory) + place * texts * sizes.bytes();
  }
  float* pooled(std::int64_t index) const { return reinterpret_cast<float*>(layer(index)); }
  std::uint16_t* maps(std::int64_t index) const {
    return reinterpret_cast<std::uint16_t*>(layer(index) + texts * sizes.pooled_floats * sizeof(float));
  }
  Status map_file();
  // Sequence i of a batch is text `text`.
  void keep_input(std::size_t layer, std::size_t text, const LayerStates& input, std::size_t i,
                  const Embedder& embedder);
  // Shapes: map [heads, length, length]
  void keep_map(std::size_t layer, std::size_t text, const at::Tensor& map);
};

LayerSamples::Contents::Sizes LayerSamples::Contents::sizes_of(const ModelConfig& config,
                                                               const SampleOptions& options) {
  const std::size_t length = options.shape.length_bucket;
  return {static_cast<std::size_t>(config.heads), (length + options.row_stride - 1) / options.row_stride,
          (length + 31) / 32 * 32, std::size_t{options.shape.segments} * options.shape.hidden};
}

Status LayerSamples::Contents::map_file() {
  const int file = ::open(options.folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0)
    return {StatusCode::internal, fmt::format("{}: no temporary file: {}", options.folder, std::strerror(errno))};
  const int failed = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  if (failed == 0) memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory != MAP_FAILED) return Status::ok();
  return {StatusCode::full,
          fmt::format("{}: no room for {:.1f} GiB of samples: {}; use fewer texts, or set TMPDIR", options.folder,
                      static_cast<double>(bytes) / (1 << 30), std::strerror(failed != 0 ? failed : errno))};
}

void LayerSamples::Contents::keep_input(std::size_t layer, std::size_t text, const LayerStates& input,
                                        std::size_t i, const Embedder& embedder) {
  const auto length = static_cast<std::int32_t>(input.length(i));
  const Tensor states =
      Tensor::borrow(const_cast<float*>(input.of(i)), {1, length, static_cast<std::int64_t>(input.hidden)});
  const Tensor means = embedder.pool_segments(states, {&length, 1});
  std::memcpy(pooled(static_cast<std::int64_t>(layer)) + text * sizes.pooled_floats, means.data_ptr<float>(),
              sizes.pooled_floats * sizeof(float));
}

void LayerSamples::Contents::keep_map(std::size_t layer, std::size_t text, const at::Tensor& map) {
  const auto length = static_cast<std::size_t>(map.size(1));
  const float* elements = map.data_ptr<float>();
  std::uint16_t* target = maps(static_cast<std::int64_t>(layer)) + text * sizes.map_elements();
  for (std::size_t head = 0; head < sizes.heads; ++head)
    for (std::size_t kept = 0; kept < sizes.kept_rows; ++kept, target += sizes.width) {
      const std::size_t row = kept * options.row_stride;
      if (row >= length) continue;  // the file is zero
      quantize_row({elements + (head * length + row) * length, length}, {target, sizes.width});
    }
}

std::uint64_t LayerSamples::bytes_needed(const ModelConfig& config, std::size_t texts,
                                         const SampleOptions& options) {
  return std::uint64_t{texts} * options.layers.size() * Contents::sizes_of(config, options).bytes();
}

Result<LayerSamples> LayerSamples::collect(const Checkpoint& checkpoint, std::span<const Tokens> texts,
                                           const SampleOptions& options,
                                           const std::function<bool(std::size_t done)>& keep_going) {
  MEMO_ASSIGN_OR_RETURN(const Embedder embedder, Embedder::projection(options.shape, 1));
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                        Engine::make(checkpoint, {DataType::f32, options.threads}));
  auto contents = std::make_unique<Contents>();
  contents->options = options;
  contents->sizes = Contents::sizes_of(checkpoint.config, options);
  contents->texts = texts.size();
  contents->bytes = bytes_needed(checkpoint.config, texts.size(), options);
  for (const Tokens& text : texts) contents->lengths.push_back(static_cast<std::uint32_t>(text.size()));
  MEMO_RETURN_IF_ERROR(contents->map_file());
  std::size_t first = 0;
  MapObserver observer(checkpoint.config, options.layers,
                       {[&](std::size_t layer, const LayerStates& input) {
                          input.for_each(input.layout.sequences(), [&](std::size_t i) {
                            contents->keep_input(layer, first + i, input, i, embedder);
                          });
                        },
                        [&](std::size_t layer, std::size_t sequence, const at::Tensor& map) {
                          contents->keep_map(layer, first + sequence, map);
                        }});
  for (; first < texts.size(); first += kBatch) {
    const auto part = texts.subspan(first, std::min(kBatch, texts.size() - first));
    const std::vector<TokenSequence> batch(part.begin(), part.end());
    engine->forward(batch, &observer);
    if (!keep_going(first + part.size())) return Status(StatusCode::unavailable, "interrupted");
  }
  return LayerSamples(std::move(contents));
}

LayerSamples::LayerSamples(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
LayerSamples::LayerSamples(LayerSamples&&) noexcept = default;
LayerSamples& LayerSamples::operator=(LayerSamples&&) noexcept = default;
LayerSamples::~LayerSamples() = default;

std::size_t LayerSamples::texts() const {
  return contents_->texts;
}

at::Tensor LayerSamples::pooled(std::int64_t layer) const {
  const EmbedderShape& shape = contents_->options.shape;
  return at::from_blob(contents_->pooled(layer),
                       {static_cast<std::int64_t>(contents_->texts), shape.segments, shape.hidden}, at::kFloat);
}

MapRows LayerSamples::maps(std::int64_t layer) const {
  const Contents::Sizes& sizes = contents_->sizes;
  return {contents_->maps(layer),        contents_->texts, sizes.heads,       sizes.kept_rows,
          contents_->options.row_stride, sizes.width,      contents_->lengths};
}

}  // namespace memo
