#include "model/engine/layer_pass.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>

namespace memo {
namespace {

constexpr std::size_t kProjectionRows = 512;  // at a time

// Adds the duration of its lifetime to the sequences of a block, in proportion to their rows.
class BlockTimer {
 public:
  BlockTimer(const Block& block, std::vector<OutcomeCell>& outcomes) : block_(block), outcomes_(outcomes) {}
  ~BlockTimer() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    for (const BlockPart& part : block_.parts)
      outcomes_[part.sequence].seconds.fetch_add(seconds * part.rows / static_cast<double>(block_.rows),
                                                 std::memory_order_relaxed);
  }
  BlockTimer(const BlockTimer&) = delete;
  BlockTimer& operator=(const BlockTimer&) = delete;

 private:
  const Block& block_;
  std::vector<OutcomeCell>& outcomes_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::vector<bool> heads_that_compute(const ModelConfig& config, const LayerAttention& attention,
                                     bool lookups_read) {
  std::vector<bool> computed(static_cast<std::size_t>(config.heads), true);
  for (std::size_t head = 0; head < attention.modes.size(); ++head)
    computed[head] =
        attention.modes[head] == HeadMode::compute || (attention.modes[head] == HeadMode::lookup && !lookups_read);
  return computed;
}

bool any_reads(const LayerAttention& attention) {
  return std::any_of(attention.sequences.begin(), attention.sequences.end(),
                     [](const SequenceAttention& sequence) { return !sequence.hit.empty(); });
}

}  // namespace

LayerPass::LayerPass(const ModelConfig& config, DataType type, const Kernels& kernels, TransformerLayer& layer,
                     const RowLayout& layout, SharedRows& shared, const LayerAttention& attention,
                     const AttentionSource* source)
    : config_(config),
      type_(type),
      kernels_(kernels),
      layer_(layer),
      layout_(layout),
      shared_(shared),
      attention_(attention),
      source_(source),
      hidden_(static_cast<std::size_t>(config.hidden)),
      element_(bytes_of(type)),
      reads_any_(any_reads(attention)),
      outcomes_(layout.sequences()) {
  for (const bool lookups_read : {false, true}) {
    const bool needed = !lookups_read || reads_any_;
    projections_[lookups_read] =
        needed ? &layer.projection(heads_that_compute(config, attention, lookups_read)) : projections_[0];
    if (layout.split() && needed)
      shared_.projected[lookups_read].reserve(layout.rows() * projections_[lookups_read]->columns() * element_);
  }
  if (layout.split()) shared_.context.reserve(layout.rows() * hidden_ * element_);
}

HeadMode LayerPass::mode(std::size_t head) const {
  return attention_.modes.empty() ? HeadMode::compute : attention_.modes[head];
}

bool LayerPass::has_fixed_heads() const {
  return std::find(attention_.modes.begin(), attention_.modes.end(), HeadMode::fixed) != attention_.modes.end();
}

bool LayerPass::reads(std::size_t sequence) const {
  return !attention_.sequences.empty() && !attention_.sequences[sequence].hit.empty();
}

void LayerPass::project(const Block& block, Worker& worker) {
  const BlockTimer timer(block, outcomes_);
  layer_.tail().normalize_inputs({shared_.states + block.first_row * hidden_,
                                  shared_.inputs + block.first_row * hidden_ * element_, block.rows});
  // Consecutive parts of one kind are projected together. A run is widened to whole units of rows; the results for
  // rows that it takes from its neighbours are correct, but not needed.
  for (std::size_t i = 0; i < block.parts.size();) {
    const bool reading = reads(block.parts[i].sequence);
    const std::size_t begin = block.parts[i].block_row / kRowUnit * kRowUnit;
    std::size_t end = begin;
    for (; i < block.parts.size() && reads(block.parts[i].sequence) == reading; ++i)
      end = block.parts[i].block_row + block.parts[i].rows;
    const HeadProjection& projection = *projections_[reading];
    const std::size_t row_bytes = projection.columns() * element_;
    std::byte* to = layout_.split() ? shared_.projected[reading].reserve(0) + block.first_row * row_bytes
                                    : worker.projected[reading].reserve(round_up_rows(block.rows) * row_bytes);
    project_rows(projection, worker, block.first_row + begin, end - begin, to + begin * row_bytes);
  }
}

// Rows first_row ... of the inputs -> [rows, columns]
void LayerPass::project_rows(const HeadProjection& projection, Worker& worker, std::size_t first_row,
                             std::size_t rows, std::byte* to) const {
  for (std::size_t done = 0; done < rows; done += kProjectionRows)
    projection.run(worker.linear, shared_.inputs + (first_row + done) * hidden_ * element_,
                   to + done * projection.columns() * element_, std::min(kProjectionRows, rows - done));
}

LayerPass::Projected LayerPass::projected(const BlockPart& part, Worker& worker) const {
  const bool reading = reads(part.sequence);
  const HeadProjection* projection = projections_[reading];
  const std::size_t row_bytes = projection->columns() * element_;
  if (layout_.split())
    return {projection,
            shared_.projected[reading].reserve(0) + layout_.sequence(part.sequence).first_row * row_bytes};
  return {projection, worker.projected[reading].reserve(0) + part.block_row * row_bytes};
}

std::byte* LayerPass::context_rows(const Block& block, const BlockPart& part, Worker& worker) {
  const std::size_t row_bytes = hidden_ * element_;
  // Row 0 of the sequence.
  if (layout_.split()) return shared_.context.reserve(0) + layout_.sequence(part.sequence).first_row * row_bytes;
  return worker.context.reserve(round_up_rows(block.rows) * row_bytes) + part.block_row * row_bytes;
}

std::byte* LayerPass::scratch_of(Worker& worker) const {
  return worker.scratch.reserve(
      attention_scratch_bytes(layout_.longest_sequence(), static_cast<std::uint32_t>(config_.head_dim())));
}

void LayerPass::attend(const Block& block, Worker& worker) {
  const BlockTimer timer(block, outcomes_);
  for (const BlockPart& part : block.parts) {
    std::byte* context = context_rows(block, part, worker);
    const Projected rows = projected(part, worker);
    attend_part(part, rows, Turn::first, context, worker);
    if (!reads(part.sequence) && !has_fixed_heads()) continue;
    if (source_->intact(part.sequence)) {
      outcomes_[part.sequence].read.store(reads(part.sequence), std::memory_order_relaxed);
    } else {
      outcomes_[part.sequence].revoked.store(true, std::memory_order_relaxed);
      recompute(part, rows, context, worker);
    }
  }
}

// Runs the heads that had read a map once more. Fixed heads need only the values, which are already projected;
// heads that looked up need a projection of the whole sequence.
void LayerPass::recompute(const BlockPart& part, const Projected& projected, std::byte* context, Worker& worker) {
  if (!reads(part.sequence)) return attend_part(part, projected, Turn::again, context, worker);
  const SequenceRows& rows = layout_.sequence(part.sequence);
  const std::size_t begin = rows.first_row / kRowUnit * kRowUnit;
  const std::size_t end = rows.first_row + rows.length;
  const HeadProjection& projection = *projections_[0];
  const std::size_t row_bytes = projection.columns() * element_;
  std::byte* to = worker.fallback.reserve(round_up_rows(end - begin) * row_bytes);
  project_rows(projection, worker, begin, end - begin, to);
  attend_part(part, {&projection, to + (rows.first_row - begin) * row_bytes}, Turn::again, context, worker);
}

void LayerPass::attend_part(const BlockPart& part, const Projected& projected, Turn turn, std::byte* context,
                            Worker& worker) const {
  std::byte* scratch = scratch_of(worker);
  const bool again = turn == Turn::again;
  std::size_t lookup_place = 0;
  for (std::size_t head = 0; head < static_cast<std::size_t>(config_.heads); ++head) {
    const HeadMode head_mode = mode(head);
    const std::size_t place = lookup_place;
    if (head_mode == HeadMode::lookup) ++lookup_place;
    const bool read = head_mode == HeadMode::fixed || (head_mode == HeadMode::lookup && reads(part.sequence));
    if (again && !read) continue;
    if (head_mode == HeadMode::fixed) {
      read_head(part, projected, head, again ? attention_.fixed_copy : attention_.fixed, head, context, scratch);
    } else if (read && !again) {
      read_hit(part, projected, head, place, context, scratch);
    } else {
      compute_head(part, projected, head, place, context, scratch);
    }
  }
}

void LayerPass::compute_head(const BlockPart& part, const Projected& projected, std::size_t head,
                             std::size_t lookup_place, std::byte* context, std::byte* scratch) const {
  const HeadProjection& projection = *projected.projection;
  AttentionHead work;
  work.query = projected.rows + projection.query(head) * element_;
  work.key = projected.rows + projection.key(head) * element_;
  work.value = projected.rows + projection.value(head) * element_;
  work.stride = projection.columns();
  work.head_dim = static_cast<std::uint32_t>(config_.head_dim());
  work.context = context + head * work.head_dim * element_;
  work.context_stride = hidden_;
  work.length = layout_.sequence(part.sequence).length;
  work.first_row = part.first;
  work.rows = part.rows;
  work.causal = config_.causal;
  work.scale = score_scale(config_);
  work.positions = layer_.positions(head);
  work.scratch = scratch;
  if (mode(head) == HeadMode::lookup && !attention_.sequences.empty()) {
    const SequenceAttention& sequence = attention_.sequences[part.sequence];
    if (!sequence.keep.empty() && sequence.hit.empty())
      work.kept = kept_head(sequence.keep, sequence.keep_shape, lookup_place);
  }
  (type_ == DataType::f32 ? kernels_.attention_f32 : kernels_.attention_bf16)(work);
}

void LayerPass::read_head(const BlockPart& part, const Projected& projected, std::size_t head,
                          const StoredMap& map, std::size_t map_head, std::byte* context,
                          std::byte* scratch) const {
  const MapHead work{head_of(map, map_head, part), product_of(part, projected, head, context, scratch)};
  (type_ == DataType::f32 ? kernels_.map_f32 : kernels_.map_bf16)(work);
}

void LayerPass::read_hit(const BlockPart& part, const Projected& projected, std::size_t head, std::size_t map_head,
                         std::byte* context, std::byte* scratch) const {
  const std::vector<WeightedMap>& hit = attention_.sequences[part.sequence].hit;
  if (hit.size() == 1) return read_head(part, projected, head, hit[0].map, map_head, context, scratch);
  assert(hit.size() <= kMaxBlendedMaps);
  std::array<StoredHead, kMaxBlendedMaps> maps;
  std::array<float, kMaxBlendedMaps> weights;
  for (std::size_t i = 0; i < hit.size(); ++i) {
    maps[i] = head_of(hit[i].map, map_head, part);
    weights[i] = hit[i].weight;
  }
  const BlendHead work{product_of(part, projected, head, context, scratch), maps.data(), weights.data(),
                       static_cast<std::uint32_t>(hit.size())};
  (type_ == DataType::f32 ? kernels_.blend_f32 : kernels_.blend_bf16)(work);
}

StoredHead LayerPass::head_of(const StoredMap& map, std::size_t map_head, const BlockPart& part) const {
  StoredHead stored = stored_head(map.payload, map.shape, map_head);
  // A causal row has nothing after the diagonal: cropping does not change it.
  stored.renormalize = map.shape.length != layout_.sequence(part.sequence).length && !config_.causal;
  return stored;
}

MapProduct LayerPass::product_of(const BlockPart& part, const Projected& projected, std::size_t head,
                                 std::byte* context, std::byte* scratch) const {
  const HeadProjection& projection = *projected.projection;
  MapProduct work;
  work.length = layout_.sequence(part.sequence).length;
  work.value = projected.rows + projection.value(head) * element_;
  work.stride = projection.columns();
  work.head_dim = static_cast<std::uint32_t>(config_.head_dim());
  work.context = context + head * work.head_dim * element_;
  work.context_stride = hidden_;
  work.first_row = part.first;
  work.rows = part.rows;
  work.causal = config_.causal;
  work.scratch = scratch;
  return work;
}

const std::byte* LayerPass::context(const Block& block, Worker& worker) const {
  const std::size_t row_bytes = hidden_ * element_;
  return layout_.split() ? shared_.context.reserve(0) + block.first_row * row_bytes
                         : worker.context.reserve(round_up_rows(block.rows) * row_bytes);
}

void LayerPass::finish(const Block& block, Worker& worker) {
  const std::size_t row_bytes = hidden_ * element_;
  const LayerTail& tail = layer_.tail();
  tail.run(worker.linear, context(block, worker),
           {shared_.states + block.first_row * hidden_, shared_.inputs + block.first_row * row_bytes, block.rows},
           worker.inner.reserve(tail.inner_bytes()));
}

std::vector<SequenceOutcome> LayerPass::outcomes() const {
  std::vector<SequenceOutcome> outcomes;
  for (const OutcomeCell& cell : outcomes_)
    outcomes.push_back({cell.read.load(), cell.revoked.load(), cell.seconds.load()});
  return outcomes;
}

}  // namespace memo
