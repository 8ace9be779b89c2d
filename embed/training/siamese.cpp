#include "embed/training/siamese.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "embed/training/penalty_fit.h"
#include "embed/training/regressed_embedder.h"
#include "embed/training/retrieval.h"
#include "embed/training/siamese_network.h"

namespace memo {
namespace {

constexpr std::int64_t kMinTexts = 32;
constexpr double kNever = 1e9;  // a distance that excludes a text from being found by itself

at::Tensor index_tensor(std::vector<std::int64_t>::const_iterator from, std::size_t count) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(count)}, at::kLong);
  std::copy_n(from, count, tensor.data_ptr<std::int64_t>());
  return tensor;
}

// Texts trained on, and texts that validate.
struct Split {
  at::Tensor train;
  at::Tensor validation;
};

Split split_texts(std::int64_t texts, double part, std::mt19937_64& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(texts));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  const auto held = std::max<std::size_t>(8, static_cast<std::size_t>(part * static_cast<double>(texts)));
  const auto middle = static_cast<std::ptrdiff_t>(held);
  return {index_tensor(order.begin() + middle, order.size() - held), index_tensor(order.begin(), held)};
}

// Adam, with decay towards where the parameters started.
class Adam {
 public:
  Adam(std::vector<at::Tensor>& parameters, double decay) : parameters_(parameters), decay_(decay) {
    for (const at::Tensor& parameter : parameters_) {
      start_.push_back(parameter.detach().clone());
      mean_.push_back(at::zeros_like(start_.back()));
      square_.push_back(at::zeros_like(start_.back()));
    }
  }
  void step(double rate) {
    const at::NoGradGuard no_gradients;
    ++steps_;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      at::Tensor& parameter = parameters_[i];
      const at::Tensor gradient = parameter.grad();
      if (!gradient.defined()) continue;
      mean_[i].mul_(0.9).add_(gradient, 0.1);
      square_[i].mul_(0.999).addcmul_(gradient, gradient, 0.001);
      const at::Tensor divisor = (square_[i] / (1 - std::pow(0.999, steps_))).sqrt_().add_(1e-8);
      parameter.addcdiv_(mean_[i], divisor, -rate / (1 - std::pow(0.9, steps_)));
      if (decay_ > 0) parameter.sub_((parameter - start_[i]).mul_(rate * decay_));
      parameter.mutable_grad().reset();
    }
  }

 private:
  std::vector<at::Tensor>& parameters_;
  std::vector<at::Tensor> start_, mean_, square_;
  const double decay_;
  int steps_ = 0;
};

class Training {
 public:
  Training(const Embedder& start, const SiameseSamples& samples, const SiameseOptions& options)
      : samples_(samples),
        options_(options),
        random_(options.seed),
        split_(split_texts(samples.pooled.size(0), options.validation, random_)),
        mean_(pooled(split_.train).mean(0)),
        deviation_((pooled(split_.train) - mean_).std().item<double>()),
        shape_(start.shape()),
        network_(start, options.hidden_width, mean_, options.seed) {}

  Result<SiameseResult> run(const std::function<bool(const ValidationPoint&)>& keep_going);

 private:
  at::Tensor pooled(const at::Tensor& texts) const { return samples_.pooled.index_select(0, texts); }
  at::Tensor similarities(const at::Tensor& rows, const at::Tensor& columns) const {
    return samples_.similarity.index_select(0, rows).index_select(1, columns);
  }
  // The best of the network's embedder and the regressions. -> its ridge
  Result<double> choose_start();
  at::Tensor features(const at::Tensor& texts) const;
  at::Tensor next_batch();
  at::Tensor loss(const at::Tensor& features, const at::Tensor& similarity) const;
  void train_step(std::uint32_t step, Adam& adam);
  ValidationPoint check(std::uint32_t step) const;
  // The embedder as trained so far, scaled, with its penalty and curve.
  Status keep(SiameseResult& result) const;
  // Shapes: features [texts, dimension]
  PenaltySamples penalty_samples(const at::Tensor& texts, const at::Tensor& features) const;

  const SiameseSamples& samples_;
  const SiameseOptions& options_;
  std::mt19937_64 random_;
  const Split split_;
  const at::Tensor mean_;
  const double deviation_;
  const EmbedderShape shape_;
  SiameseNetwork network_;
  at::Tensor sharpness_;  // log α of the losses: how fast the weight of a text falls with its distance
  std::vector<std::int64_t> order_;
  std::size_t next_ = 0;
};

// Works in parts, so that it never copies all inputs at once.
at::Tensor Training::features(const at::Tensor& texts) const {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : texts.split(256)) parts.push_back(network_.features(pooled(part)));
  return at::cat(parts, 0);
}

Result<double> Training::choose_start() {
  double best = check(0).retrieved;
  double chosen = 0;
  if (options_.ridges.empty()) return chosen;
  MEMO_ASSIGN_OR_RETURN(
      const std::vector<Embedder> regressed,
      regress_embedders(shape_, pooled(split_.train), similarities(split_.train, split_.train), options_.ridges));
  SiameseNetwork kept = network_;
  for (std::size_t i = 0; i < regressed.size(); ++i) {
    network_ = SiameseNetwork(regressed[i], options_.hidden_width, mean_, options_.seed);
    const double retrieved = check(0).retrieved;
    if (retrieved <= best) continue;
    best = retrieved;
    chosen = options_.ridges[i];
    kept = network_;
  }
  network_ = kept;
  return chosen;
}

at::Tensor Training::next_batch() {
  const auto texts = static_cast<std::size_t>(split_.train.numel());
  const std::size_t count = std::min<std::size_t>(options_.batch, texts);
  if (order_.empty() || next_ + count > texts) {
    const std::int64_t* all = split_.train.data_ptr<std::int64_t>();
    order_.assign(all, all + texts);
    std::shuffle(order_.begin(), order_.end(), random_);
    next_ = 0;
  }
  next_ += count;
  return index_tensor(order_.begin() + static_cast<std::ptrdiff_t>(next_ - count), count);
}

// Shapes: features [batch, dimension], similarity [batch, batch] -> []
at::Tensor Training::loss(const at::Tensor& features, const at::Tensor& similarity) const {
  const at::Tensor squared = squared_distances(features, features);
  const at::Tensor left_out = at::eye(similarity.size(0), at::kBool).logical_or(similarity < 0);
  if (options_.loss == SiameseLoss::regression) {
    const at::Tensor distance = (squared + 1e-8).sqrt() * sharpness_.exp();
    return (distance - (1 - similarity)).pow(2).masked_fill(left_out, 0).mean();
  }
  const at::Tensor scores = (-squared * sharpness_.exp()).masked_fill(left_out, -kNever);
  const at::Tensor wanted = at::softmax((similarity / options_.temperature).masked_fill(left_out, -kNever), 1);
  return -(wanted * at::log_softmax(scores, 1)).sum(1).mean();
}

void Training::train_step(std::uint32_t step, Adam& adam) {
  const at::Tensor texts = next_batch();
  at::Tensor input = pooled(texts);
  if (options_.noise > 0) {
    at::Tensor noise = at::empty_like(input);
    at::Generator generator = at::detail::createCPUGenerator(random_());
    input = input + noise.normal_(0, options_.noise * deviation_, generator);
  }
  loss(network_.features(input), similarities(texts, texts)).backward();
  const double part = static_cast<double>(step) / options_.steps;
  adam.step(options_.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * part)));
}

ValidationPoint Training::check(std::uint32_t step) const {
  constexpr std::int64_t kFound = 4;  // per text: one is a few hundred numbers, too noisy to choose by
  const at::Tensor validating = features(split_.validation);
  at::Tensor similarity = similarities(split_.validation, split_.validation);
  similarity.fill_diagonal_(-1);  // no text finds itself
  const at::Tensor found = retrieve(squared_distances(validating, validating), similarity, kFound).similarity;
  return {step, found.numel() > 0 ? found.mean().item<double>() : 0};
}

// By least squares on the pairs of a validating text and a text trained on.
// Shapes: distances, similarity [validating, trained]
float scale_of(const at::Tensor& distances, const at::Tensor& similarity) {
  const at::Tensor counted = distances.masked_fill(similarity < 0, 0);
  return static_cast<float>(((1 - similarity) * counted).sum().item<double>() /
                            std::max(counted.pow(2).sum().item<double>(), 1e-12));
}

SimilarityCurve curve_of(const Retrieved& found) {
  const auto pairs = static_cast<std::size_t>(found.distance.numel());
  return SimilarityCurve::fit({found.distance.data_ptr<float>(), pairs},
                              {found.similarity.data_ptr<float>(), pairs});
}

PenaltySamples Training::penalty_samples(const at::Tensor& texts, const at::Tensor& features) const {
  return {features, similarities(texts, texts), samples_.typicality.index_select(0, texts),
          samples_.length.index_select(0, texts)};
}

// The curve is fitted to the pairs that may be retrieved, the first few of each.
Status Training::keep(SiameseResult& result) const {
  constexpr std::int64_t kNearest = 8;
  const at::Tensor similarity = similarities(split_.validation, split_.train);
  at::Tensor trained = features(split_.train);
  at::Tensor validating = features(split_.validation);
  const float scale = scale_of(squared_distances(validating, trained).sqrt(), similarity);
  trained.mul_(scale);
  validating.mul_(scale);
  at::Tensor of_stored;
  if (samples_.typicality.defined()) {
    const PenaltySamples stored = penalty_samples(split_.train, trained);
    result.penalty = fit_penalty(stored, penalty_samples(split_.validation, validating));
    of_stored = penalties(*result.penalty, stored.typicality, stored.length, trained.pow(2).sum(1));
  }
  const Retrieved found = retrieve(squared_distances(validating, trained).sqrt(), similarity, kNearest, of_stored);
  MEMO_ASSIGN_OR_RETURN(Embedder embedder, network_.embedder(scale));
  result.trained = {std::move(embedder), curve_of(found), std::nullopt};
  return Status::ok();
}

Result<SiameseResult> Training::run(const std::function<bool(const ValidationPoint&)>& keep_going) {
  MEMO_ASSIGN_OR_RETURN(const double ridge, choose_start());
  SiameseResult result{{*network_.embedder(1), {}, {}}, {}, {}, 0, ridge, false};
  const at::Tensor first = features(split_.train.narrow(0, 0, std::min<std::int64_t>(512, split_.train.numel())));
  const double spread = squared_distances(first, first).mean().item<double>();
  const double factor = options_.loss == SiameseLoss::regression ? 0.3 / std::sqrt(spread) : 10 / spread;
  sharpness_ = at::full({}, std::log(factor)).requires_grad_();
  std::vector<at::Tensor> trained = network_.parameters();
  trained.push_back(sharpness_);
  Adam adam(trained, options_.weight_decay);
  double best = -1;
  for (std::uint32_t step = 0; step <= options_.steps; ++step) {
    if (step % options_.check_every == 0) {
      result.curve.push_back(check(step));
      if (result.curve.back().retrieved > best) {
        best = result.curve.back().retrieved;
        result.best_step = step;
        MEMO_RETURN_IF_ERROR(keep(result));
      }
      result.interrupted = keep_going && !keep_going(result.curve.back());
      if (result.interrupted || step - result.best_step >= options_.patience * options_.check_every) break;
    }
    if (step < options_.steps) train_step(step, adam);
  }
  return result;
}

Status check_samples(const Embedder& start, const SiameseSamples& samples, const SiameseOptions& options) {
  const std::int64_t texts = samples.pooled.size(0);
  if (texts < kMinTexts)
    return {StatusCode::invalid_argument,
            fmt::format("{} texts to train an embedder on, needs at least {}", texts, kMinTexts)};
  if (samples.similarity.sizes() != at::IntArrayRef{texts, texts})
    return {StatusCode::invalid_argument, "similarities are not of all pairs of texts"};
  if (start.weights().mlp.size() != 1)
    return {StatusCode::invalid_argument, "training starts from an embedder whose MLP has one layer"};
  const std::uint32_t dimension = start.shape().feature_dimension;
  if (options.hidden_width != 0 && options.hidden_width < 2 * dimension)
    return {StatusCode::invalid_argument,
            fmt::format("hidden width is {}, must be 0 or at least {}", options.hidden_width, 2 * dimension)};
  return Status::ok();
}

}  // namespace

Status SiameseOptions::validate() const {
  const auto bad = [](std::string_view what) {
    return Status(StatusCode::invalid_argument, fmt::format("training: {}", what));
  };
  if (!(temperature > 0)) return bad("temperature must be above 0");
  if (!(learning_rate > 0)) return bad("learning rate must be above 0");
  if (!(validation > 0 && validation < 0.9)) return bad("the validating part must be above 0 and below 0.9");
  for (const double ridge : ridges)
    if (!(ridge > 0)) return bad("ridges must be above 0");
  if (batch < 2 || check_every == 0) return bad("batches need two texts, checks at least one step between them");
  return Status::ok();
}

Result<SiameseResult> train_siamese(const Embedder& start, const SiameseSamples& samples,
                                    const SiameseOptions& options,
                                    const std::function<bool(const ValidationPoint&)>& keep_going) {
  MEMO_RETURN_IF_ERROR(options.validate());
  MEMO_RETURN_IF_ERROR(check_samples(start, samples, options));
  return Training(start, samples, options).run(keep_going);
}

}  // namespace memo
