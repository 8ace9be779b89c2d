#include "model/memo/selection/admission_share.h"

#include <algorithm>

namespace memo {
namespace {

bool pays(double rate, PublishValue value, double margin) {
  return rate * value.saved_us > margin * (1 - rate) * value.cost_us;
}

}  // namespace

void AdmissionShare::follow(RepeatRate rate, PublishValue value) {
  if (++waited_ < rules_.patience) return;
  waited_ = 0;
  if (value.cost_us <= 0 || value.saved_us <= 0) return;
  if (pays(rate.likely, value, rules_.margin))
    share_ = std::min(1.0, 2 * share_);
  else if (!pays(rate.highest, value, 1))
    share_ = std::max(rules_.least, share_ / 2);
}

}  // namespace memo
