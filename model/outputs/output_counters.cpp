#include "model/outputs/output_counters.h"

namespace memo {
OutputCounters& OutputCounters::operator+=(const OutputCounters& other) {
  for (const auto& [name, count] : kOutputCounters) this->*count += other.*count;
  return *this;
}

OutputCounters& OutputCounters::operator-=(const OutputCounters& before) {
  for (const auto& [name, count] : kOutputCounters) this->*count -= before.*count;
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
