// SpaceTable: the spaces that a store's user has opened. Their indexes are the ids that the user holds, so these
// stay valid when a restarted daemon gives other ids.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "memo/types.h"

namespace memo {

// Threads: any.
class SpaceTable {
 public:
  // The id of `spec`. A new spec is remembered.
  SpaceId add(const SpaceSpec& spec) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < specs_.size(); ++i)
      if (specs_[i] == spec) return SpaceId{static_cast<std::uint32_t>(i)};
    specs_.push_back(spec);
    return SpaceId{static_cast<std::uint32_t>(specs_.size() - 1)};
  }

  std::optional<SpaceSpec> find(SpaceId id) const {
    const std::lock_guard lock(mutex_);
    const auto index = static_cast<std::size_t>(id);
    return index < specs_.size() ? std::optional(specs_[index]) : std::nullopt;
  }

  std::vector<SpaceSpec> all() const {
    const std::lock_guard lock(mutex_);
    return specs_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<SpaceSpec> specs_;  // under mutex_; only grows
};

}  // namespace memo
