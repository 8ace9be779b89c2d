#include "embed/similarity_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace memo {
namespace {

struct Group {
  double distance = 0;  // sums
  double similarity = 0;
  double count = 0;
  double mean() const { return similarity / count; }
  void operator+=(const Group& other) {
    distance += other.distance;
    similarity += other.similarity;
    count += other.count;
  }
};

// Adjacent groups that rise are merged until none does (pool adjacent violators).
void add_falling(std::vector<Group>& groups, Group next) {
  while (!groups.empty() && groups.back().mean() <= next.mean()) {
    next += groups.back();
    groups.pop_back();
  }
  groups.push_back(next);
}

}  // namespace

SimilarityCurve SimilarityCurve::fit(std::span<const float> distances, std::span<const float> similarities,
                                     std::size_t knots) {
  assert(distances.size() == similarities.size());
  std::vector<std::size_t> order(distances.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return distances[a] < distances[b]; });
  std::vector<Group> groups;
  for (std::size_t knot = 0; knot < knots; ++knot) {
    Group group;
    for (std::size_t i = knot * order.size() / knots; i < (knot + 1) * order.size() / knots; ++i)
      group += {distances[order[i]], similarities[order[i]], 1};
    if (group.count > 0) add_falling(groups, group);
  }
  SimilarityCurve curve;
  for (const Group& group : groups) {
    const Knot knot{static_cast<float>(group.distance / group.count), static_cast<float>(group.mean())};
    if (curve.knots_.empty() || knot.distance > curve.knots_.back().distance) curve.knots_.push_back(knot);
  }
  return curve;
}

Result<SimilarityCurve> SimilarityCurve::of_tensor(const Tensor& knots) {
  const std::int64_t count = knots.size(0);
  if (count < 1 || count > std::int64_t{kMaxKnots})
    return Status(StatusCode::invalid_argument,
                  fmt::format("a curve of {} knots, must be 1 to {}", count, kMaxKnots));
  SimilarityCurve curve;
  const float* values = knots.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const Knot knot{values[2 * i], values[2 * i + 1]};
    const Knot* last = curve.knots_.empty() ? nullptr : &curve.knots_.back();
    if (last != nullptr && !(knot.distance > last->distance && knot.similarity <= last->similarity))
      return Status(StatusCode::invalid_argument, fmt::format("knot {} of the curve does not fall", i));
    curve.knots_.push_back(knot);
  }
  return curve;
}

Tensor SimilarityCurve::to_tensor() const {
  Tensor tensor = Tensor::empty({static_cast<std::int64_t>(knots_.size()), 2});
  float* target = tensor.data_ptr<float>();
  for (const Knot& knot : knots_) {
    *target++ = knot.distance;
    *target++ = knot.similarity;
  }
  return tensor;
}

float SimilarityCurve::similarity_at(float distance) const {
  assert(!empty());
  if (distance <= knots_.front().distance) return knots_.front().similarity;
  for (std::size_t i = 1; i < knots_.size(); ++i) {
    const Knot& a = knots_[i - 1];
    const Knot& b = knots_[i];
    if (distance <= b.distance)
      return a.similarity + (b.similarity - a.similarity) * (distance - a.distance) / (b.distance - a.distance);
  }
  return knots_.back().similarity;
}

float SimilarityCurve::distance_for(float similarity) const {
  assert(!empty());
  if (similarity > knots_.front().similarity) return -1;
  for (std::size_t i = 1; i < knots_.size(); ++i) {
    const Knot& a = knots_[i - 1];
    const Knot& b = knots_[i];
    if (similarity > b.similarity)
      return a.distance + (b.distance - a.distance) * (a.similarity - similarity) / (a.similarity - b.similarity);
  }
  return knots_.back().distance;
}

}  // namespace memo
