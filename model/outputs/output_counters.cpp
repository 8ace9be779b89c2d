#include "model/outputs/output_counters.h"

namespace memo {
namespace {

constexpr std::uint64_t OutputCounters::*kOutputCounters[] = {
    &OutputCounters::lookups,   &OutputCounters::hits,    &OutputCounters::repeated,
    &OutputCounters::gated,     &OutputCounters::probes,  &OutputCounters::late,
    &OutputCounters::errors,    &OutputCounters::revoked, &OutputCounters::computed,
    &OutputCounters::published, &OutputCounters::dropped, &OutputCounters::not_admitted,
    &OutputCounters::not_exact};
static_assert(sizeof(kOutputCounters) / sizeof(kOutputCounters[0]) * sizeof(std::uint64_t) ==
                  sizeof(OutputCounters),
              "every counter is listed");

}  // namespace

OutputCounters& OutputCounters::operator+=(const OutputCounters& other) {
  for (const auto counter : kOutputCounters) this->*counter += other.*counter;
  return *this;
}

OutputCounters& OutputCounters::operator-=(const OutputCounters& before) {
  for (const auto counter : kOutputCounters) this->*counter -= before.*counter;
  return *this;
}

OutputSeconds& OutputSeconds::operator+=(const OutputSeconds& other) {
  ask += other.ask;
  publish += other.publish;
  return *this;
}

OutputSeconds& OutputSeconds::operator-=(const OutputSeconds& before) {
  ask -= before.ask;
  publish -= before.publish;
  return *this;
}

}  // namespace memo
