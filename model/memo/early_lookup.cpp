#include "model/memo/early_lookup.h"

#include <algorithm>

namespace memo {
namespace {

// Each answer holds a lease until its layer is done, and a process has 1024 leases for all its engines.
constexpr std::size_t kMaxItems = 256;

}  // namespace

// How many layers, from the first, fit into kMaxItems.
std::size_t EarlyLookup::layers_to_ask(std::size_t sequences) const {
  return std::min(plan_.policy().layers.size(), kMaxItems / sequences);
}

bool EarlyLookup::ask(std::span<const Lineage> lineages, std::span<const std::uint32_t> lengths,
                      std::chrono::microseconds within) {
  forget();
  if (lineages.empty() || !plan_.store().available()) return false;
  make_items(lineages, lengths);
  const std::vector<LookupRequest> requests = make_requests(within);
  std::vector<std::optional<Match>> found(requests.size() * sequences_);
  if (requests.empty() || !plan_.store().lookup_all(requests, found)) {
    forget();
    return false;
  }
  matches_.resize(items_.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    matches_[place(static_cast<std::size_t>(requests[i / sequences_].layer), i % sequences_)] =
        std::move(found[i]);
  return true;
}

void EarlyLookup::forget() {
  items_.clear();
  matches_.clear();
}

void EarlyLookup::make_items(std::span<const Lineage> lineages, std::span<const std::uint32_t> lengths) {
  sequences_ = lineages.size();
  std::vector<Lineage> expected(lineages.begin(), lineages.end());
  const std::size_t layers = layers_to_ask(sequences_);
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (std::size_t i = 0; i < sequences_; ++i) {
      items_.push_back({expected[i].key(static_cast<Layer>(layer)), {}, lengths[i]});
      if (plan_.has(layer, HeadMode::fixed))
        expected[i].substitute(static_cast<Layer>(layer), plan_.fixed_map(layer).key);
    }
}

// The requests for the layers that look up.
std::vector<LookupRequest> EarlyLookup::make_requests(std::chrono::microseconds within) const {
  std::vector<LookupRequest> requests;
  for (std::size_t layer = 0; layer * sequences_ < items_.size(); ++layer)
    if (plan_.has(layer, HeadMode::lookup) && plan_.space(layer)) {
      LookupRequest& request = requests.emplace_back();
      request.space = *plan_.space(layer);
      request.layer = static_cast<Layer>(layer);
      request.items = std::span(items_).subspan(place(layer, 0), sequences_);
      request.within = within;
    }
  return requests;
}

bool EarlyLookup::take(std::size_t layer, std::size_t sequence, const Key& key, std::optional<Match>* match) {
  const std::size_t at = place(layer, sequence);
  if (at >= items_.size() || items_[at].key != key) return false;
  *match = std::move(matches_[at]);
  matches_[at].reset();
  return true;
}

}  // namespace memo
