#include "model/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "client/cpu/instruction_set.h"
#include "embed/tensor/functions.h"
#include "model/engine/library_threads.h"
#include "model/engine/pooling.h"

namespace memo {
namespace {

// Rows of a block. In narrow models (hidden below kNarrow) a block's data stays in the caches. In wider ones blocks
// are larger, so that more rows share one pass over the weights. Longer sequences are blocks of their own.
constexpr std::size_t kNarrow = 512;
constexpr std::size_t kNarrowBlock = 128;
constexpr std::size_t kWideBlock = 512;

// Raise this with every change that alters the bits of a text's result: results that were stored before it are then
// no longer found. A test checks the bits of one result (tests/model/engine/arithmetic_test.cpp).
constexpr int kSums = 2;

std::size_t block_rows(const ModelConfig& config) {
  return static_cast<std::size_t>(config.hidden) < kNarrow ? kNarrowBlock : kWideBlock;
}

// oneDNN chooses its instruction set by the CPU, unless a limit is set before its first use. Where MEMO_ISA sets none
// below the CPU's, oneDNN's own variable decides (ONEDNN_MAX_CPU_ISA).
void hold_onednn() {
  const InstructionSet best = best_instruction_set();
  if (best == cpu_instruction_set()) return;
  static constexpr dnnl::cpu_isa kIsa[] = {dnnl::cpu_isa::sse41,
                                           dnnl::cpu_isa::avx2,
                                           dnnl::cpu_isa::avx2_vnni,
                                           dnnl::cpu_isa::avx512_core,
                                           dnnl::cpu_isa::avx512_core_vnni,
                                           dnnl::cpu_isa::avx512_core_bf16};
  const dnnl::cpu_isa isa = kIsa[static_cast<std::size_t>(best)];
  static const dnnl::status held = dnnl::set_max_cpu_isa(isa);
  if (held != dnnl::status::success && dnnl::get_effective_cpu_isa() != isa)
    throw dnnl::error(dnnl_runtime_error, "it was used before MEMO_ISA was read");
}

// Whether products read the residual stream itself instead of a copy.
bool reads_states(const ModelConfig& config, DataType type) {
  return values_of(type) == DataType::f32 && config.norm_placement == NormPlacement::after;
}

}  // namespace

DataType supported_type(DataType wanted) {
  return has_products(best_kernels(), wanted) ? wanted : DataType::f32;
}

Result<std::unique_ptr<Engine>> Engine::make(const Checkpoint& checkpoint, EngineOptions options) {
  const std::int64_t head_dim = checkpoint.config.head_dim();
  if (head_dim % 2 != 0 || head_dim > std::int64_t{kMaxHeadDim})
    return Status(
        StatusCode::unsupported,
        fmt::format("heads have {} dimensions, the engine takes even numbers up to {}", head_dim, kMaxHeadDim));
  const std::int64_t widest = std::max(checkpoint.config.hidden, checkpoint.config.intermediate);
  if (has_integer_products(options.type) && widest > kMaxIntegerDepth)
    return Status(StatusCode::unsupported,
                  fmt::format("layers have {} inputs, integer products take up to {}", widest, kMaxIntegerDepth));
  MEMO_RETURN_IF_ERROR(check_instruction_set());
  try {
    use_one_thread_here();
    hold_onednn();
    return std::unique_ptr<Engine>(new Engine(checkpoint, options, supported_type(options.type), best_kernels()));
  } catch (const dnnl::error& error) {
    return Status(StatusCode::internal, fmt::format("oneDNN: {}", error.what()));
  }
}

Engine::Engine(const Checkpoint& checkpoint, EngineOptions options, DataType type, const Kernels& kernels)
    : checkpoint_(checkpoint),
      type_(type),
      kernels_(kernels),
      dnnl_(dnnl::engine::kind::cpu, 0),
      workers_(dnnl_, options.threads),
      embedding_(checkpoint, kernels),
      final_norm_(checkpoint.final_norm, checkpoint.config.layer_norm_epsilon, kernels) {
  for (const LayerWeights& weights : checkpoint.layers)
    layers_.push_back(std::make_unique<TransformerLayer>(dnnl_, checkpoint.config, weights, type, kernels));
  if (checkpoint.config.task == Task::next_token)
    next_token_ = make_linear(dnnl_, kernels, checkpoint.next_token, Tensor(),
                              LinearOptions{DataType::f32, DataType::f32, false, std::nullopt});
}

Engine::~Engine() = default;

std::string Engine::arithmetic() const {
  const dnnl_version_t& onednn = *dnnl_version();
  return fmt::format("{} {} oneDNN {}.{}.{} {} {:#x} sums {}", name_of(type_), kernels_.name, onednn.major,
                     onednn.minor, onednn.patch, onednn.hash, static_cast<int>(dnnl::get_effective_cpu_isa()),
                     kSums);
}

void Engine::forward(TokenSequences batch, AttentionSource* source) {
  start(batch);
  if (source != nullptr) source->begin(batch);
  const Engine::AfterAttention finish = [](LayerPass& pass, const Block& block, Worker& worker) {
    pass.finish(block, worker);
  };
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) run_attention(layer, source, finish);
  end();
}

void Engine::lay_out(std::span<const std::uint32_t> lengths) {
  const ModelConfig& config = checkpoint_.config;
  layout_.emplace(lengths, workers_.size(), block_rows(config));
  const std::size_t elements = layout_->rows() * static_cast<std::size_t>(config.hidden);
  shared_.states = states_.reserve_for<float>(elements);
  shared_.inputs = reads_states(config, type_) ? reinterpret_cast<std::byte*>(shared_.states)
                                               : inputs_.reserve(elements * bytes_of(type_));
}

ResidualRows Engine::rows_at(std::size_t row, std::size_t rows) const {
  const auto hidden = static_cast<std::size_t>(checkpoint_.config.hidden);
  return {shared_.states + row * hidden, shared_.inputs + row * hidden * bytes_of(type_), rows};
}

void Engine::start(TokenSequences batch) {
  assert(!batch.empty());
  use_one_thread_here();
  std::vector<std::uint32_t> lengths;
  for (const TokenSequence& sequence : batch) lengths.push_back(static_cast<std::uint32_t>(sequence.size()));
  lay_out(lengths);
  workers_.for_each(layout_->blocks().size(), [&](std::size_t index, Worker&) {
    for (const BlockPart& part : layout_->blocks()[index].parts) {
      const TokenSequence& tokens = batch[part.sequence];
      embedding_.run(tokens.part(part.first, part.rows), embedding_.positions_of(tokens.ids.first(part.first)),
                     rows_at(layout_->sequence(part.sequence).first_row + part.first, part.rows),
                     values_of(type_));
    }
  });
}

void Engine::end() {
  if (!final_norm_.exists()) return;
  workers_.for_each(layout_->blocks().size(), [&](std::size_t index, Worker&) {
    const Block& block = layout_->blocks()[index];
    const ResidualRows rows = rows_at(block.first_row, block.rows);
    final_norm_.run(rows.states, rows.states, nullptr, DataType::f32, rows.rows);
  });
}

void Engine::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  workers_.for_each(count, [&](std::size_t i, Worker&) { work(i); });
}

void Engine::run_attention(std::size_t layer, AttentionSource* source, const AfterAttention& after) {
  const std::function<void(std::size_t, const std::function<void(std::size_t)>&)> in_parallel =
      [this](std::size_t count, const std::function<void(std::size_t)>& work) { for_each(count, work); };
  const LayerStates input{shared_.states, static_cast<std::size_t>(checkpoint_.config.hidden), *layout_, threads(),
                          in_parallel};
  const LayerAttention attention = source == nullptr ? LayerAttention{} : source->prepare(layer, input);
  LayerPass pass(checkpoint_.config, values_of(type_), kernels_, *layers_[layer], *layout_, shared_, attention,
                 source);
  run_blocks(pass, after);
  const std::vector<SequenceOutcome> outcomes = pass.outcomes();
  for (const SequenceOutcome& outcome : outcomes) attention_seconds_ += outcome.seconds;
  if (source != nullptr) source->finish(layer, outcomes);
}

void Engine::run_blocks(LayerPass& pass, const AfterAttention& after) {
  const std::vector<Block>& blocks = layout_->blocks();
  const bool split = layout_->split();
  // A revoked hit is projected again, so no part's input may be overwritten before all parts have attended.
  const bool finish_apart = split && pass.may_project_again();
  if (split)
    workers_.for_each(blocks.size(), [&](std::size_t i, Worker& worker) { pass.project(blocks[i], worker); });
  workers_.for_each(blocks.size(), [&](std::size_t i, Worker& worker) {
    if (!split) pass.project(blocks[i], worker);
    pass.attend(blocks[i], worker);
    if (!finish_apart) after(pass, blocks[i], worker);
  });
  if (finish_apart)
    workers_.for_each(blocks.size(), [&](std::size_t i, Worker& worker) { after(pass, blocks[i], worker); });
}

Tensor Engine::states(std::size_t sequence) const {
  const SequenceRows& rows = layout_->sequence(sequence);
  const std::int64_t hidden = checkpoint_.config.hidden;
  Tensor states = Tensor::empty({std::int64_t{rows.length}, hidden});
  std::memcpy(states.data_ptr<float>(), shared_.states + rows.first_row * static_cast<std::size_t>(hidden),
              static_cast<std::size_t>(states.numel()) * sizeof(float));
  return states;
}

Tensor Engine::pooled(std::span<const Pooling> modes, std::size_t skipped) const {
  const auto hidden = static_cast<std::size_t>(checkpoint_.config.hidden);
  Tensor pooled = Tensor::empty({static_cast<std::int64_t>(layout_->sequences()),
                                 static_cast<std::int64_t>(modes.size()) * checkpoint_.config.hidden});
  float* out = pooled.data_ptr<float>();
  for (std::size_t i = 0; i < layout_->sequences(); ++i) {
    const SequenceRows& rows = layout_->sequence(i);
    const SequenceStates sequence{shared_.states + rows.first_row * hidden, rows.length, hidden, skipped};
    for (const Pooling mode : modes) {
      pool(mode, sequence, kernels_, out);
      out += hidden;
    }
  }
  return pooled;
}

Tensor Engine::embeddings(std::span<const EmbeddingModule> modules) const {
  const ModelConfig& config = checkpoint_.config;
  return apply_modules(modules, pooled(config.pooling, static_cast<std::size_t>(config.pooled_from)));
}

Tensor Engine::class_logits() {
  const ClassificationHead& head = checkpoint_.classification;
  Tensor features = pooled(checkpoint_.config.causal ? Pooling::last : Pooling::cls);
  if (head.dense.weight.defined()) {
    features = linear_by_rows(features, head.dense.weight, head.dense.bias);
    apply(function_of(head.activation), features);
  }
  return linear_by_rows(features, head.out.weight, head.out.bias);
}

Tensor Engine::next_token_logits() {
  assert(next_token_ != nullptr);
  const Tensor last = pooled(Pooling::last);
  const auto rows = static_cast<std::int64_t>(round_up_rows(static_cast<std::size_t>(last.size(0))));
  HugeBuffer padded;
  float* states = padded.reserve_for<float>(static_cast<std::size_t>(rows * last.size(1)));
  std::memcpy(states, last.data_ptr<float>(), static_cast<std::size_t>(last.numel()) * sizeof(float));
  const Tensor logits = Tensor::empty({rows, checkpoint_.config.vocabulary});
  workers_.for_each(1, [&](std::size_t, Worker& worker) {
    next_token_->run(worker.linear, states, logits.data_ptr<float>(), static_cast<std::size_t>(rows));
  });
  return logits.narrow(0, last.size(0));
}

}  // namespace memo
