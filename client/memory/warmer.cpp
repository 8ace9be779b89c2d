#include "client/memory/warmer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "client/memory/backing.h"

namespace memo {
namespace {

constexpr std::size_t kStep = std::size_t{16} << 20;
// After this many consecutive steps that mostly failed, the system has no huge pages to give.
constexpr int kBarrenSteps = 4;

// Lowers the calling thread's priority: gathering a large pool takes minutes, and threads that compute go first.
void lower_priority() {
  const auto thread = static_cast<id_t>(::gettid());
  ::setpriority(PRIO_PROCESS, thread, std::min(::getpriority(PRIO_PROCESS, thread) + 10, 19));
}

}  // namespace

MemoryWarmer::MemoryWarmer(std::span<std::byte> memory, const PopulateOptions& options,
                           std::function<void(const Progress&)> at_end)
    : memory_(memory),
      options_(options),
      at_end_(std::move(at_end)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void MemoryWarmer::run(const std::stop_token& stop) {
  lower_priority();
  int barren = 0;
  for (std::size_t from = 0; from < memory_.size() && error_ == 0; from += kStep) {
    if (stop.stop_requested()) return;
    const auto step = memory_.subspan(from, std::min(kStep, memory_.size() - from));
    const PopulateResult result = populate(step, options_);
    note(result, step.size());
    barren = result.collapse_failures * 2 * kHugePageBytes > step.size() ? barren + 1 : 0;
    if (barren == kBarrenSteps) options_.collapse = false;
  }
  ended_ = true;
  if (at_end_) at_end_(progress());
}

void MemoryWarmer::note(const PopulateResult& result, std::size_t bytes) {
  if (result.error == 0) done_bytes_ += bytes;
  error_ = result.error;
  collapse_failures_ += result.collapse_failures;
  if (result.collapse_error != 0) collapse_error_ = result.collapse_error;
}

MemoryWarmer::Progress MemoryWarmer::progress() const {
  return {.total_bytes = memory_.size(),
          .done_bytes = done_bytes_,
          .ended = ended_,
          .error = error_,
          .collapse_failures = collapse_failures_,
          .collapse_error = collapse_error_};
}

}  // namespace memo
