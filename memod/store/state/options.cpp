#include "memod/store/state/options.h"

#include <fmt/format.h>

#include "memod/store/pool/format/layout.h"

namespace memo {
namespace {

constexpr std::uint32_t kMaxSearchThreads = 256;

}  // namespace

Status EvictionOptions::validate() const {
  const auto is_share = [](double value) { return value > 0 && value <= 1; };
  if (!is_share(high_watermark) || !is_share(low_watermark) || low_watermark > high_watermark)
    return {StatusCode::invalid_argument,
            fmt::format("eviction: low watermark is {}, high is {}; must be 0 < low <= high <= 1", low_watermark,
                        high_watermark)};
  if (half_life.count() < 1)
    return {StatusCode::invalid_argument,
            fmt::format("eviction: half-life is {} minutes, must be at least 1", half_life.count())};
  return Status::ok();
}

Status StoreOptions::validate() const {
  if (path.empty()) return {StatusCode::invalid_argument, "the pool's path is empty"};
  if (create_bytes != 0 && create_bytes < layout::kMinPoolBytes)
    return {StatusCode::invalid_argument, fmt::format("pool size is {} bytes, must be at least {} (16 MiB)",
                                                      create_bytes, layout::kMinPoolBytes)};
  if (search_threads > kMaxSearchThreads)
    return {StatusCode::invalid_argument,
            fmt::format("search threads are {}, must be at most {}", search_threads, kMaxSearchThreads)};
  return eviction.validate();
}

}  // namespace memo
