#include "tools/memo-bench/index/memory_limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <functional>

#include "client/memory/mapping_use.h"
#include "client/memory/populate.h"
#include "client/protocol/mapping.h"
#include "client/protocol/unique_fd.h"
#include "memod/store/pool/hashed_copy.h"
#include "tools/memo-bench/common/proc_file.h"
#include "tools/memo-bench/common/samples.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kTargetBytes = 512ull << 20;  // far more than a cache holds
constexpr double kSeconds = 0.25;

void store_fence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

void stream_lines(std::byte* target, const std::byte* source, std::size_t bytes, bool reads) {
#if defined(__x86_64__)
  __m128i word = _mm_set1_epi32(7);
  for (std::size_t at = 0; at < bytes; at += 16) {
    if (reads) word = _mm_load_si128(reinterpret_cast<const __m128i*>(source + at));
    _mm_stream_si128(reinterpret_cast<__m128i*>(target + at), word);
  }
#else
  if (reads)
    std::memcpy(target, source, bytes);
  else
    std::memset(target, 7, bytes);
#endif
  store_fence();
}

// CPU time of this thread: other processes disturb it less than wall time.
double cpu_seconds() {
  timespec time = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Copies or hashes one payload.
using Work = std::function<std::uint64_t(std::byte* target, std::span<const std::byte> source)>;

class Limits {
 public:
  Limits(Mapping target, std::uint64_t payload, std::uint32_t sources)
      : target_(std::move(target)), payload_(payload), stride_((payload + 4095) / 4096 * 4096) {
    sources_.resize(sources * stride_ + 64);
    for (std::size_t i = 0; i < sources_.size(); ++i) sources_[i] = static_cast<std::byte>(i * 2654435761u >> 13);
    first_ = sources_.data() + (64 - reinterpret_cast<std::uintptr_t>(sources_.data()) % 64);
  }

  double best(const Work& work) {
    double best = 0;
    for (int attempt = 0; attempt < 3; ++attempt) best = std::max(best, once(work));
    return best;
  }

 private:
  double once(const Work& work) {
    const std::uint64_t targets = target_.bytes().size() / stride_;
    const std::uint64_t sources = (sources_.size() - 64) / stride_;
    const double start = cpu_seconds();
    std::uint64_t done = 0;
    while (cpu_seconds() - start < kSeconds) {
      sum_ = sum_ ^ work(target_.bytes().data() + done % targets * stride_,
                         {first_ + done % sources * stride_, payload_});
      ++done;
    }
    return static_cast<double>(done * payload_) / (cpu_seconds() - start) / 1e9;
  }

  Mapping target_;
  std::uint64_t payload_;
  std::uint64_t stride_;
  std::vector<std::byte> sources_;
  std::byte* first_ = nullptr;
  volatile std::uint64_t sum_ = 0;  // so that the compiler leaves no work out
};

Result<Mapping> target_memory(const std::string& folder) {
  const std::string path = folder + "/memo-bench-limits";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  ::unlink(path.c_str());
  if (!file || ::ftruncate(file.get(), kTargetBytes) != 0)
    return Status(StatusCode::internal, fmt::format("cannot make {}", path));
  auto mapping = Mapping::map(file.get(), kTargetBytes, Mapping::Access::read_write);
  if (mapping) (void)populate(mapping->bytes(), {.writable = true, .collapse = true});
  return mapping;
}

std::uint64_t page_table_bytes_of_this_process() {
  return bytes_in("/proc/self/status", "VmPTE");
}

}  // namespace

Result<Json> measure_memory_limits(const std::string& folder, std::uint64_t payload_bytes, std::uint32_t sources) {
  MEMO_ASSIGN_OR_RETURN(auto target, target_memory(folder));
  Limits limits(std::move(target), payload_bytes, sources);
  const auto hash = [](std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); };
  Json json;
  json["streamed_stores"] = limits.best([](std::byte* to, std::span<const std::byte> from) {
    stream_lines(to, from.data(), from.size(), false);
    return std::uint64_t{0};
  });
  json["streamed_copy"] = limits.best([](std::byte* to, std::span<const std::byte> from) {
    stream_lines(to, from.data(), from.size(), true);
    return std::uint64_t{0};
  });
  json["hash_of_source"] = limits.best([&](std::byte*, std::span<const std::byte> from) { return hash(from); });
  json["copy_then_hash"] = limits.best([&](std::byte* to, std::span<const std::byte> from) {
    stream_lines(to, from.data(), from.size(), true);
    return hash({to, from.size()});
  });
  const auto hashed = [&](StreamStripes stream) {
    return limits.best([stream](std::byte* to, std::span<const std::byte> from) {
      const std::uint64_t result = hashed_copy(to, from, stream);
      store_fence();
      return result;
    });
  };
  for (const NamedStream& kind : usable_streams())
    json[fmt::format("hashed_copy_{}", kind.name)] = hashed(kind.stream);
  return json;
}

Result<Json> measure_client_mapping(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Status(StatusCode::internal, fmt::format("cannot open {}", path));
  const auto bytes = static_cast<std::uint64_t>(::lseek(file.get(), 0, SEEK_END));
  const std::uint64_t before = page_table_bytes_of_this_process();
  const auto start = BenchClock::now();
  MEMO_ASSIGN_OR_RETURN(const auto mapping, Mapping::map(file.get(), bytes, Mapping::Access::read_only));
  (void)advise_huge_pages(mapping.bytes());
  const PopulateResult populated = populate(mapping.bytes(), {});
  const double seconds = seconds_since(start);
  const std::uint64_t after = page_table_bytes_of_this_process();
  MEMO_ASSIGN_OR_RETURN(const auto use, measure_mapping(mapping.bytes()));
  return Json{{"bytes", bytes},
              {"error", populated.error},
              {"seconds", seconds},
              {"present_bytes", use.present_bytes},
              {"huge_share", static_cast<double>(use.huge_bytes) / static_cast<double>(bytes)},
              {"page_table_bytes", after > before ? after - before : 0}};
}

}  // namespace memo
