#include "model/outputs/output_identity.h"

#include <fmt/format.h>

#include <variant>

#include "model/checkpoint/weights_hasher.h"

namespace memo {
namespace {

// Raise this when the same fields come to mean other results, for example when an enumeration is reordered.
constexpr int kVersion = 1;

// The sizes; after them, weights can follow as plain bytes.
std::string describe(const Tensor& tensor) {
  if (!tensor.defined()) return "none ";
  std::string text;
  for (const std::int64_t size : tensor.sizes()) text += fmt::format("{} ", size);
  return text;
}

struct ModuleHasher {
  WeightsHasher& hasher;

  void operator()(const DenseModule& dense) const {
    hasher.add(fmt::format("dense {} {}{};", static_cast<int>(dense.activation), describe(dense.linear.weight),
                           describe(dense.linear.bias)));
    hasher.add(dense.linear);
  }
  void operator()(const NormalizeModule&) const { hasher.add("normalize;"); }
  void operator()(const LayerNormModule& norm) const {
    hasher.add(fmt::format("norm {:a} {};", norm.epsilon, describe(norm.norm.weight)));
    hasher.add(norm.norm);
  }
  void operator()(const TruncateModule& truncate) const { hasher.add(fmt::format("truncate {};", truncate.size)); }
};

void add_pooling(WeightsHasher& hasher, const ModelConfig& config) {
  std::string text = fmt::format("padding {}, pooled from {}:", config.padding_id, config.pooled_from);
  for (const Pooling pooling : config.pooling) text += fmt::format(" {}", static_cast<int>(pooling));
  hasher.add(text + ";");
}

void add_head(WeightsHasher& hasher, const Checkpoint& checkpoint) {
  hasher.add(fmt::format("task {};", static_cast<int>(checkpoint.config.task)));
  if (checkpoint.config.task == Task::classification) {
    const ClassificationHead& head = checkpoint.classification;
    hasher.add(fmt::format("{} {}{}{};", static_cast<int>(head.activation), describe(head.dense.weight),
                           describe(head.out.weight), describe(head.out.bias)));
    hasher.add(head.dense);
    hasher.add(head.out);
  }
  if (checkpoint.config.task == Task::next_token) {
    hasher.add(describe(checkpoint.next_token));
    hasher.add(checkpoint.next_token);
  }
}

void add_pass(WeightsHasher& hasher, std::string_view what, const Checkpoint& checkpoint,
              std::string_view arithmetic, const Digest& fixed_maps) {
  hasher.add(
      fmt::format("{} {} {} {} {};", what, kVersion, checkpoint.fingerprint.hex(), arithmetic, fixed_maps.hex()));
}

}  // namespace

Digest output_identity(const Checkpoint& checkpoint, std::string_view arithmetic, const Digest& fixed_maps) {
  WeightsHasher hasher;
  add_pass(hasher, "output", checkpoint, arithmetic, fixed_maps);
  add_pooling(hasher, checkpoint.config);
  for (const EmbeddingModule& module : checkpoint.embedding_modules) std::visit(ModuleHasher{hasher}, module);
  add_head(hasher, checkpoint);
  return hasher.digest();
}

Digest states_identity(const Checkpoint& checkpoint, std::string_view arithmetic, const Digest& fixed_maps) {
  WeightsHasher hasher;
  add_pass(hasher, "states", checkpoint, arithmetic, fixed_maps);
  return hasher.digest();
}

}  // namespace memo
