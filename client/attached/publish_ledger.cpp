#include "client/attached/publish_ledger.h"

#include <utility>

#include <fmt/format.h>

namespace memo {

void PublishLedger::record(const PublishAnswer& answer) {
  const std::lock_guard lock(mutex_);
  if (answer.code != StatusCode::ok) {
    ++counts_.refused;
    counts_.refusal = answer.reason.empty() ? std::string(to_string(answer.code)) : answer.reason;
  } else if (answer.duplicate) {
    ++counts_.duplicates;
  } else {
    ++counts_.acknowledged;
  }
}

void PublishLedger::record_unsent() {
  const std::lock_guard lock(mutex_);
  ++counts_.dropped;
}

void PublishLedger::record_lost(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  counts_.dropped += count;
  unreported_losses_ += count;
}

Status PublishLedger::report_losses() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t lost = std::exchange(unreported_losses_, 0);
  if (lost == 0) return Status::ok();
  return {StatusCode::unavailable, fmt::format("memod went away with {} publishes unanswered", lost)};
}

MemoStore::PublishCounts PublishLedger::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace memo
