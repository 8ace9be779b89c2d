#include "embed/training/penalty_fit.h"

#include <ATen/ATen.h>

#include "embed/training/retrieval.h"
#include "memo/types.h"

namespace memo {
namespace {

constexpr float kPowers[] = {0.25f, 0.5f, 0.75f, 1};
constexpr std::int64_t kFound = 4;  // of each text, as training validates

at::Tensor squares(const at::Tensor& features) {
  return features.pow(2).sum(1);
}

// Squared distance of maps for a squared distance of 1 between features.
float per_square_of(const PenaltySamples& samples) {
  const at::Tensor maps = 2 - 2 * similarity_kernel(samples.similarity);
  const at::Tensor near = squared_distances(samples.features, samples.features);
  const at::Tensor deviation = near - near.mean();
  const float variance = deviation.pow(2).sum().item<float>();
  return variance > 0 ? ((maps - maps.mean()) * deviation).sum().item<float>() / variance : 0;
}

// Shapes: -> [texts, 3]: 1, typicality, length
at::Tensor terms_of(const PenaltySamples& samples) {
  return at::stack({at::ones_like(samples.typicality), samples.typicality, samples.length}, 1).to(at::kDouble);
}

// Predicts each map's squared distance from the mean of all maps, by least squares. Shapes: -> [3, 1] f64
at::Tensor fit_spread(const PenaltySamples& samples) {
  const at::Tensor means = similarity_kernel(samples.similarity).to(at::kDouble).mean(1);
  const at::Tensor spread = 1 - 2 * means + means.mean();
  const at::Tensor terms = terms_of(samples);
  const at::Tensor products = at::mm(terms.t(), terms);
  const at::Tensor ridge = 1e-9 * products.diagonal().sum() * at::eye(products.size(0), products.options());
  return at::linalg_solve(products + ridge, at::mm(terms.t(), spread.unsqueeze(1)));
}

double retrieved(const PenaltySamples& samples, const at::Tensor& distances, const at::Tensor& penalties) {
  const at::Tensor found = retrieve(distances, samples.similarity, kFound, penalties).similarity;
  return found.numel() > 0 ? found.mean().item<double>() : 0;
}

float choose_power(const PenaltySamples& samples, PenaltyFit fit) {
  const at::Tensor distances = squared_distances(samples.features, samples.features).sqrt();
  PenaltySamples others = samples;
  others.similarity = samples.similarity.clone();
  others.similarity.fill_diagonal_(-1);  // no text finds itself
  float best_power = 0;
  double best = retrieved(others, distances, {});
  for (const float power : kPowers) {
    fit.power = power;
    const double found = retrieved(others, distances,
                                   penalties(fit, samples.typicality, samples.length, squares(samples.features)));
    if (found <= best) continue;
    best = found;
    best_power = power;
  }
  return best_power;
}

}  // namespace

at::Tensor penalties(const PenaltyFit& fit, const at::Tensor& typicality, const at::Tensor& length,
                     const at::Tensor& square) {
  const at::Tensor rest =
      fit.at_zero + fit.per_typicality * typicality + fit.per_length * length - fit.per_square * square;
  return (rest / fit.usual).clamp_min(0).pow(fit.power).clamp(kMinPenalty, kMaxPenalty).to(at::kFloat);
}

PenaltyFit fit_penalty(const PenaltySamples& trained, const PenaltySamples& validating) {
  const at::Tensor weights = fit_spread(trained).to(at::kFloat).contiguous();
  const float* weight = weights.data_ptr<float>();
  PenaltyFit fit{weight[0], weight[1], weight[2], per_square_of(validating), 1, 0};
  const at::Tensor rest = fit.at_zero + fit.per_typicality * trained.typicality + fit.per_length * trained.length -
                          fit.per_square * squares(trained.features);
  fit.usual = rest.mean().item<float>();
  if (fit.usual > 0)
    fit.power = choose_power(validating, fit);
  else
    fit.usual = 1;
  return fit;
}

}  // namespace memo
