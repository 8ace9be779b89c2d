// Engine in steps: the parts of a layer one after the other, each for the whole batch.
#include <algorithm>
#include <cstring>

#include "model/engine/engine.h"
#include "model/engine/library_threads.h"

namespace memo {

void Engine::resume(std::span<const std::uint32_t> lengths, const float* states) {
  use_one_thread_here();
  lay_out(lengths);
  const std::size_t elements = layout_->rows() * static_cast<std::size_t>(checkpoint_.config.hidden);
  std::memcpy(shared_.states, states, elements * sizeof(float));
  // A layer that normalizes its inputs writes shared_.inputs itself.
  if (type_ == DataType::bf16) kernels_.round(shared_.states, reinterpret_cast<Bf16*>(shared_.inputs), elements);
}

void Engine::attend(std::size_t layer, AttentionSource* source, std::byte* context) {
  const std::size_t row_bytes = static_cast<std::size_t>(checkpoint_.config.hidden) * bytes_of(type_);
  run_attention(layer, source, [&](LayerPass& pass, const Block& block, Worker& worker) {
    std::memcpy(context + block.first_row * row_bytes, pass.context(block, worker), block.rows * row_bytes);
  });
}

void Engine::for_each_chunk(const LayerTail& tail,
                            const std::function<void(std::size_t, std::size_t, Worker&)>& work) {
  workers_.for_each(layout_->blocks().size(), [&](std::size_t index, Worker& worker) {
    const Block& block = layout_->blocks()[index];
    for (std::size_t done = 0; done < block.rows; done += tail.chunk_rows())
      work(block.first_row + done, std::min(tail.chunk_rows(), block.rows - done), worker);
  });
}

void Engine::add_context(std::size_t layer, const std::byte* context) {
  const std::size_t row_bytes = static_cast<std::size_t>(checkpoint_.config.hidden) * bytes_of(type_);
  const LayerTail& tail = layers_[layer]->tail();
  for_each_chunk(tail, [&](std::size_t first_row, std::size_t rows, Worker& worker) {
    tail.add_context(worker.linear, context + first_row * row_bytes, rows_at(first_row, rows));
  });
}

void Engine::feed_forward(std::size_t layer, std::byte* inner) {
  const LayerTail& tail = layers_[layer]->tail();
  const std::size_t row_bytes = tail.inner_columns() * bytes_of(type_);
  for_each_chunk(tail, [&](std::size_t first_row, std::size_t rows, Worker& worker) {
    std::byte* to = inner == nullptr ? worker.inner.reserve(tail.inner_bytes()) : inner + first_row * row_bytes;
    tail.feed_forward(worker.linear, rows_at(first_row, rows), to);
  });
}

void Engine::end_layer(std::size_t layer) {
  const LayerTail& tail = layers_[layer]->tail();
  for_each_chunk(tail, [&](std::size_t first_row, std::size_t rows, Worker&) {
    tail.normalize_sum(rows_at(first_row, rows));
  });
}

void Engine::replace_layer(std::size_t layer, const LayerWeights& weights) {
  workers_.forget_layers();
  layers_[layer] = std::make_unique<TransformerLayer>(dnnl_, checkpoint_.config, weights, type_, kernels_);
}

}  // namespace memo
