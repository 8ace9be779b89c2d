#include "model/tuning/search/head_harm.h"

#include <algorithm>

namespace memo {

std::vector<HeadHarm> harm_of_heads(const std::vector<HeadSimilarity>& similarities,
                                    std::span<const double> harm_of_layer) {
  std::vector<double> difference(harm_of_layer.size());
  for (const HeadSimilarity& head : similarities) difference[head.layer] += 1 - head.fixed;
  std::vector<HeadHarm> harms;
  for (const HeadSimilarity& head : similarities) {
    const double of_layer = difference[head.layer];
    const double share = of_layer > 0 ? (1 - head.fixed) / of_layer : 0;
    harms.push_back({head.layer, head.head, share * harm_of_layer[head.layer]});
  }
  std::ranges::stable_sort(harms, {}, &HeadHarm::harm);
  return harms;
}

}  // namespace memo
