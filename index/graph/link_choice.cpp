#include "index/graph/link_choice.h"

#include <algorithm>
#include <utility>

namespace memo {
namespace {

// A list that uses less than one in kShortPart of its places is filled up to one in kFilledPart. kFilledAlike of
// the links that fill it may go to nodes that are alike. Lists are seldom that short where no node stands in the
// midst of others; when longer ones were filled up, too, searches took a seventh longer there.
constexpr std::size_t kShortPart = 8;
constexpr std::size_t kFilledPart = 3;
constexpr std::size_t kFilledAlike = 1;

class LinkChoice {
 public:
  LinkChoice(std::size_t most, NodeDistances& distances) : most_(most), distances_(distances) {}

  std::vector<NodeDistance> choose(std::span<const NodeDistance> candidates) {
    for (const NodeDistance& candidate : candidates) {
      if (chosen_.size() == most_) return std::move(chosen_);
      (is_led_to(candidate) ? left_out_ : chosen_).push_back(candidate);
    }
    fill_up();
    return std::move(chosen_);
  }

 private:
  bool is_led_to(const NodeDistance& candidate) {
    return std::ranges::any_of(chosen_, [&](const NodeDistance& known) {
      return distances_.between(candidate.node, known.node) < candidate.distance;
    });
  }
  bool is_like_another(const NodeDistance& candidate) {
    return std::ranges::any_of(chosen_, [&](const NodeDistance& known) {
      return are_alike(distances_.between(candidate.node, known.node), candidate.distance);
    });
  }
  void fill_up() {
    if (chosen_.size() >= most_ / kShortPart) return;
    std::size_t alike = 0;
    for (const NodeDistance& candidate : left_out_) {
      if (chosen_.size() >= most_ / kFilledPart) return;
      if (!is_like_another(candidate) || alike++ < kFilledAlike) chosen_.push_back(candidate);
    }
  }

  const std::size_t most_;
  NodeDistances& distances_;
  std::vector<NodeDistance> chosen_, left_out_;
};

// How many of the first candidates lie at distances of the same order.
std::size_t tier_size(std::span<const NodeDistance> candidates) {
  const auto gap = std::ranges::adjacent_find(candidates, [](const NodeDistance& near, const NodeDistance& far) {
    return are_alike(near.distance, far.distance);
  });
  return gap == candidates.end() ? candidates.size() : static_cast<std::size_t>(gap - candidates.begin()) + 1;
}

}  // namespace

NodeDistances::NodeDistances(const FeatureList& features, int new_node, const std::byte* new_code)
    : features_(features),
      kernels_(l2_kernels_for_this_cpu(features.shape().format)),
      new_node_(new_node),
      new_code_(new_code),
      decoded_(features.shape().dimension) {}

const float* NodeDistances::floats(int node) {
  if (features_.shape().format == FeatureFormat::f32) return reinterpret_cast<const float*>(code(node));
  if (node != decoded_node_) decode_feature(features_.shape().format, code(node), decoded_);
  decoded_node_ = node;
  return decoded_.data();
}

std::vector<NodeDistance> choose_links(std::span<const NodeDistance> candidates, std::size_t most,
                                       NodeDistances& distances) {
  if (candidates.size() < most) return {candidates.begin(), candidates.end()};
  std::vector<NodeDistance> chosen;
  while (!candidates.empty() && chosen.size() < most) {
    const auto tier = candidates.first(tier_size(candidates));
    candidates = candidates.subspan(tier.size());
    const std::size_t left = most - chosen.size();
    const auto of_tier = LinkChoice(candidates.empty() ? left : (left + 1) / 2, distances).choose(tier);
    chosen.insert(chosen.end(), of_tier.begin(), of_tier.end());
  }
  return chosen;
}

}  // namespace memo
