#include "memod/store/memory/pool_memory.h"

#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;

// Measuring takes at most one part in kMeasuringShare of the time.
constexpr int kMeasuringShare = 100;

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

PoolMemory::PoolMemory(Pool& pool, const MemoryOptions& options, Logger log)
    : pool_(pool), memory_(pool.mapping()), options_(options), log_(std::move(log)) {
  place();
  warm();
}

// This comes before anything is mapped in. A page of a DAX device lies where the device does.
void PoolMemory::place() {
  if (options_.numa.kind == NumaPolicy::Kind::system || pool_.backing().backing != Backing::memory) return;
  placed_ = bind_memory(options_.numa, options_.numa_nodes, memory_);
  if (!placed_ && log_) log_(placed_.message());
}

void PoolMemory::warm() {
  const Backing backing = pool_.backing().backing;
  if (options_.huge_pages) (void)advise_huge_pages(memory_);
  if (!options_.prefault || !is_byte_addressable(backing)) return;
  const PopulateOptions populate{.writable = true, .collapse = options_.huge_pages && backing == Backing::memory};
  try {
    warmer_ =
        std::make_unique<MemoryWarmer>(memory_, populate, [this](const auto& progress) { report(progress); });
  } catch (const std::system_error& error) {
    if (log_) log_(fmt::format("no thread to prefault the pool: {}", error.what()));
  }
}

// On the warmer's thread.
void PoolMemory::report(const MemoryWarmer::Progress& progress) const {
  if (!log_) return;
  const auto use = measure_mapping(memory_);
  const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  std::string line = fmt::format("pool in memory: {:.1f} of {:.1f} MiB prefaulted in {:.2f} s",
                                 mebibytes(progress.done_bytes), mebibytes(progress.total_bytes), seconds);
  if (use) line += fmt::format(", {:.1f} % of it on huge pages", percent(use->huge_bytes, use->present_bytes));
  if (progress.error != 0) line += fmt::format("; stopped: {}", std::strerror(progress.error));
  if (progress.collapse_failures != 0)
    line += fmt::format("; {} huge pages could not be made: {}", progress.collapse_failures,
                        std::strerror(progress.collapse_error));
  log_(line);
}

std::string PoolMemory::numa() const {
  const BackedFile& file = pool_.backing();
  if (file.backing == Backing::fsdax || file.backing == Backing::devdax)
    return file.numa_node ? fmt::format("node {}, where the device is", *file.numa_node) : "where the device is";
  if (!placed_) return placed_.message();
  // The page cache of a disk takes its pages where it is first read or written.
  return describe(options_.numa, options_.numa_nodes);
}

MappingUse PoolMemory::use() const {
  const std::lock_guard lock(mutex_);
  const auto begin = Clock::now();
  if (measured_ != Clock::time_point{} && begin - measured_ < measuring_ * kMeasuringShare) return use_;
  if (const auto measured = measure_mapping(memory_)) use_ = *measured;
  measured_ = Clock::now();
  measuring_ = measured_ - begin;
  return use_;
}

PoolMemoryStats PoolMemory::stats() const {
  const MappingUse use = this->use();
  const auto progress = warmer_ ? warmer_->progress() : MemoryWarmer::Progress{};
  return {.backing = std::string(to_string(pool_.backing().backing)),
          .numa = numa(),
          .huge_page_setting = huge_page_setting(),
          .present_bytes = use.present_bytes,
          .huge_bytes = use.huge_bytes,
          .page_table_bytes = use.page_table_bytes(),
          .prefault_bytes = progress.total_bytes,
          .prefaulted_bytes = progress.done_bytes,
          .huge_page_failures = progress.collapse_failures};
}

}  // namespace memo
