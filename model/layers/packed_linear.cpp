#include "model/layers/packed_linear.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "embed/tensor/room_for_code.h"
#include "model/layers/huge_pieces.h"

namespace memo {
namespace {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

constexpr std::size_t kTypicalRows = 128;

Type dnnl_type(DataType type) {
  return type == DataType::f32 ? Type::f32 : Type::bf16;
}

dnnl::algorithm algorithm_of(Activation activation) {
  switch (activation) {
    case Activation::gelu_erf:
      return dnnl::algorithm::eltwise_gelu_erf;
    case Activation::gelu_tanh:
      return dnnl::algorithm::eltwise_gelu_tanh;
    case Activation::relu:
      return dnnl::algorithm::eltwise_relu;
    case Activation::tanh:
      return dnnl::algorithm::eltwise_tanh;
  }
  return dnnl::algorithm::undef;
}

// oneDNN's products with blocked weights ("brgemm") add up a row's terms in the same order for any number of rows.
// Its other products ("gemm") block the terms differently for many rows, and use another loop for 32 rows. Up to
// kMaxPiece rows, except 32, they agree: tests/model/engine/batch_invariance_test.cpp, with ONEDNN_MAX_CPU_ISA. A
// product of more rows is no faster per row (measured: within 5 %, 384 to 3072 wide).
constexpr std::size_t kMaxPiece = 128;
constexpr std::size_t kUnlikeRows = 32;

bool sums_alike(const dnnl::matmul::primitive_desc& description) {
  return std::string_view(description.impl_info_str()).starts_with("brg");
}

dnnl::primitive_attr attributes_of(const LinearOptions& options) {
  dnnl::post_ops after;
  if (options.add) after.append_sum();
  if (options.activation) after.append_eltwise(1, algorithm_of(*options.activation), 0, 0);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

}  // namespace

PackedLinear::PackedLinear(const dnnl::engine& engine, const Tensor& weight, const Tensor& bias,
                           LinearOptions options)
    : Linear(weight.size(1), weight.size(0)),
      engine_(engine),
      options_(options),
      by_units_(kMaxLinearRows / kRowUnit + 1) {
  pack(weight, bias);
}

void PackedLinear::pack(const Tensor& weight, const Tensor& bias) {
  if (bias.defined()) {
    bias_tensor_ = bias;
    bias_ = dnnl::memory({{1, out()}, Type::f32, Tag::ab}, engine_, bias_tensor_.data_ptr());
  }
  // oneDNN chooses the layout; the one for kTypicalRows serves every number of rows.
  const auto product = make_product(kTypicalRows, {{in(), out()}, dnnl_type(options_.type), Tag::any});
  sums_alike_ = sums_alike(product->description);
  dnnl::memory plain({{in(), out()}, Type::f32, Tag::ba}, engine_, weight.data_ptr());
  const dnnl::memory::desc layout = product->description.weights_desc();
  packed_ = take_huge_piece(layout.get_size());
  weights_ = dnnl::memory(layout, engine_, packed_.get());
  dnnl::stream stream(engine_);
  dnnl::reorder(plain, weights_).execute(stream, plain, weights_);
  stream.wait();
}

std::unique_ptr<PackedLinear::Product> PackedLinear::make_product(std::size_t rows,
                                                                  const dnnl::memory::desc& weights) const {
  require_room_for_code();
  const auto count = static_cast<dnnl::memory::dim>(rows);
  const dnnl::memory::desc source({count, in()}, dnnl_type(options_.type), Tag::ab);
  const dnnl::memory::desc destination({count, out()}, dnnl_type(options_.output), Tag::ab);
  const dnnl::matmul::desc description = bias_tensor_.defined()
                                             ? dnnl::matmul::desc(source, weights, bias_.get_desc(), destination)
                                             : dnnl::matmul::desc(source, weights, destination);
  dnnl::matmul::primitive_desc chosen(description, attributes_of(options_), engine_);
  dnnl::matmul primitive(chosen);
  return std::make_unique<Product>(Product{std::move(chosen), std::move(primitive)});
}

const PackedLinear::Product& PackedLinear::product_for(std::size_t rows) const {
  std::atomic<const Product*>& slot = by_units_[rows / kRowUnit];
  if (const Product* found = slot.load(std::memory_order_acquire)) return *found;
  const std::lock_guard lock(mutex_);
  if (const Product* found = slot.load(std::memory_order_acquire)) return *found;
  owned_.push_back(make_product(rows, weights_.get_desc()));
  slot.store(owned_.back().get(), std::memory_order_release);
  return *owned_.back();
}

LinearWorker::Arguments PackedLinear::make_arguments(const LinearWorker& worker, const Product& product) const {
  LinearWorker::Arguments arguments;
  arguments.source = dnnl::memory(product.description.src_desc(), worker.engine_, nullptr);
  arguments.destination = dnnl::memory(product.description.dst_desc(), worker.engine_, nullptr);
  arguments.scratchpad = dnnl::memory(product.description.scratchpad_desc(), worker.engine_, nullptr);
  arguments.all = {{DNNL_ARG_SRC, arguments.source},
                   {DNNL_ARG_WEIGHTS, weights_},
                   {DNNL_ARG_DST, arguments.destination},
                   {DNNL_ARG_SCRATCHPAD, arguments.scratchpad}};
  if (bias_tensor_.defined()) arguments.all[DNNL_ARG_BIAS] = bias_;
  return arguments;
}

void PackedLinear::run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const {
  const std::size_t rounded = round_up_rows(rows);
  assert(rounded > 0 && rounded <= kMaxLinearRows);
  const std::size_t in_bytes = static_cast<std::size_t>(in()) * bytes_of(options_.type);
  const std::size_t out_bytes = static_cast<std::size_t>(out()) * bytes_of(options_.output);
  for (std::size_t row = 0; row < rounded;) {
    const std::size_t count = piece(rounded - row);
    run_piece(worker, static_cast<const std::byte*>(x) + row * in_bytes,
              static_cast<std::byte*>(y) + row * out_bytes, count);
    row += count;
  }
}

std::size_t PackedLinear::piece(std::size_t rows) const {
  if (sums_alike_) return rows;
  return rows == kUnlikeRows ? kUnlikeRows / 2 : std::min(rows, kMaxPiece);
}

void PackedLinear::run_piece(LinearWorker& worker, const std::byte* x, std::byte* y, std::size_t rows) const {
  const Product& product = product_for(rows);
  auto found = worker.arguments_.find(&product);
  if (found == worker.arguments_.end())
    found = worker.arguments_.emplace(&product, make_arguments(worker, product)).first;
  LinearWorker::Arguments& arguments = found->second;
  arguments.source.set_data_handle(const_cast<std::byte*>(x));
  arguments.destination.set_data_handle(y);
  const std::size_t scratchpad_bytes = arguments.scratchpad.get_desc().get_size();
  if (scratchpad_bytes > 0) arguments.scratchpad.set_data_handle(worker.scratchpad_.reserve(scratchpad_bytes));
  product.primitive.execute(worker.stream_, arguments.all);
}

}  // namespace memo
