#include "tools/common/random_model/random_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "embed/training/torch_tensor.h"
#include "tools/common/random_model/published_names.h"

namespace memo {
namespace {

constexpr double kWordDeviation = 1;
constexpr double kPositionDeviation = 0.3;
constexpr double kBiasDeviation = 0.05;
// About the standard deviation of a projection's outputs, if its inputs are normalized.
constexpr double kGain = 1.2;

// Draws tensor after tensor into a model.
class Drawer {
 public:
  Drawer(const RandomModel& options, PublishedModel& model)
      : options_(options),
        names_(published_names(options.family)),
        prefix_(options.task == Task::embedding ? "" : names_.model_prefix),
        generator_(at::detail::createCPUGenerator(options.seed)),
        model_(model) {}

  void embeddings();
  void layer(std::int64_t index);
  void relative_positions();
  void last_norm();
  void head();

 private:
  at::Tensor random(at::IntArrayRef shape, double deviation) {
    return at::randn(shape, generator_, at::kFloat).mul_(deviation);
  }
  void keep(const std::string& name, const at::Tensor& tensor) { model_.tensors[name] = from_torch(tensor); }
  void table(const std::string& name, std::int64_t rows, double deviation) {
    if (!name.empty() && rows > 0) keep(prefix_ + name + ".weight", random({rows, options_.hidden}, deviation));
  }
  // These two take whole names: heads have no prefix.
  void matrix(const std::string& name, std::int64_t out, std::int64_t in) {
    const at::Tensor weight = random({out, in}, kGain / std::sqrt(static_cast<double>(in)));
    keep(name + ".weight", names_.transposed ? weight.t() : weight);
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in) {
    matrix(name, out, in);
    keep(name + ".bias", random({out}, kBiasDeviation));
  }
  void norm(const std::string& name) {
    if (name.empty()) return;
    keep(prefix_ + name + ".weight", random({options_.hidden}, kBiasDeviation).add_(1));
    keep(prefix_ + name + ".bias", random({options_.hidden}, kBiasDeviation));
  }

  const RandomModel& options_;
  const PublishedNames names_;
  const std::string prefix_;
  at::Generator generator_;
  PublishedModel& model_;
};

void Drawer::embeddings() {
  table(names_.words, options_.vocabulary, kWordDeviation);
  table(names_.positions, options_.max_positions + position_offset(options_.family), kPositionDeviation);
  table(names_.token_types, token_types(options_.family), kPositionDeviation);
  norm(names_.first_norm);
}

void Drawer::layer(std::int64_t index) {
  const LayerNames& names = names_.layer;
  const std::string layer = fmt::format("{}{}.", names.prefix, index);
  const std::int64_t hidden = options_.hidden;
  const auto parts = static_cast<std::int64_t>(names.projections.size());
  for (const std::string& projection : names.projections)
    linear(prefix_ + layer + projection, 3 / parts * hidden, hidden);
  linear(prefix_ + layer + names.attention_output, hidden, hidden);
  norm(layer + names.attention_norm);
  linear(prefix_ + layer + names.feed_forward_in, options_.intermediate, hidden);
  linear(prefix_ + layer + names.feed_forward_out, hidden, options_.intermediate);
  norm(layer + names.feed_forward_norm);
}

void Drawer::relative_positions() {
  if (options_.family == Family::mpnet)
    keep(prefix_ + "encoder.relative_attention_bias.weight",
         random({kDistanceBuckets, options_.heads}, kWordDeviation));
  if (options_.family != Family::deberta) return;
  table("encoder.rel_embeddings", 2 * position_buckets(options_), kWordDeviation);
  norm("encoder.LayerNorm");
}

void Drawer::last_norm() {
  norm(names_.last_norm);
}

// Heads stand beside the model, without its prefix. GPT-2's is a plain [labels, hidden] matrix.
void Drawer::head() {
  if (options_.task != Task::classification) return;
  if (options_.family == Family::gpt2) {
    keep(names_.head_out + ".weight", random({options_.labels, options_.hidden}, kPositionDeviation));
    return;
  }
  const bool in_model = options_.family == Family::bert;  // BERT's pooler belongs to the model itself
  linear((in_model ? prefix_ : "") + names_.head_dense, options_.hidden, options_.hidden);
  linear(names_.head_out, options_.labels, options_.hidden);
}

Status check(const char* field, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("{} is {}, must be {} to {}", field, value, least, most)};
}

}  // namespace

Status RandomModel::validate() const {
  MEMO_RETURN_IF_ERROR(check("vocabulary", vocabulary, 2, 1'000'000));
  MEMO_RETURN_IF_ERROR(check("hidden", hidden, 1, 16'384));
  MEMO_RETURN_IF_ERROR(check("layers", layers, 1, kMaxLayers));
  MEMO_RETURN_IF_ERROR(check("heads", heads, 1, kMaxHeads));
  MEMO_RETURN_IF_ERROR(check("intermediate", intermediate, 1, 65'536));
  MEMO_RETURN_IF_ERROR(check("max_positions", max_positions, 4, kMaxLengthBucket - 2));
  MEMO_RETURN_IF_ERROR(check("labels", labels, 1, 65'536));
  if (hidden % heads != 0)
    return {StatusCode::invalid_argument,
            fmt::format("hidden is {}, must be a multiple of heads, {}", hidden, heads)};
  if (task == Task::next_token && family != Family::gpt2)
    return {StatusCode::invalid_argument, "task is next_token, which only GPT-2 has"};
  return Status::ok();
}

PublishedModel random_model(const RandomModel& options) {
  PublishedModel model;
  model.config = published_config(options);
  Drawer drawer(options, model);
  drawer.embeddings();
  for (std::int64_t index = 0; index < options.layers; ++index) drawer.layer(index);
  drawer.relative_positions();
  drawer.last_norm();
  drawer.head();
  return model;
}

}  // namespace memo
