#include "tools/memo-bench/store/fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/memo-bench/store/site.h"

namespace memo {
namespace {

constexpr std::uint64_t kMinMemos = 100;
constexpr std::uint64_t kMebibyte = 1 << 20;

// Largest count whose need is within the room; needs grow with the count.
std::uint64_t most_that_fit(const WorkloadFile& file, std::size_t peers, std::uint64_t room) {
  std::uint64_t fits = 0, does_not = file.memos.back() + 1;
  while (does_not - fits > 1) {
    const std::uint64_t middle = fits + (does_not - fits) / 2;
    (site_bytes(file.workload, middle, peers) <= room ? fits : does_not) = middle;
  }
  return fits;
}

}  // namespace

Status fit_to_room(WorkloadFile& file, std::size_t peers, std::uint64_t room, std::vector<std::string>& notes) {
  const std::uint32_t clients = file.workload.clients;
  file.workload.clients = file.most_clients();
  const std::uint64_t fits = most_that_fit(file, peers, room);
  const std::uint64_t wanted = site_bytes(file.workload, file.memos.back(), peers);
  file.workload.clients = clients;
  if (fits >= file.memos.back()) return Status::ok();
  const std::string why =
      fmt::format("{} memos of {} bytes need {} MiB of the {} that are free", file.memos.back(),
                  file.workload.payload_bytes, wanted / kMebibyte, room / kMebibyte);
  if (fits < std::min(kMinMemos, file.memos.front()))
    return {StatusCode::full,
            fmt::format("{}: {}; free some memory, or give another --folder", file.workload.name, why)};
  std::erase_if(file.memos, [fits](std::uint64_t memos) { return memos > fits; });
  if (file.memos.empty()) file.memos = {fits};
  notes.push_back(fmt::format("{}: {}; reduced to {}", file.workload.name, why, file.memos.back()));
  return Status::ok();
}

void make_quick(WorkloadFile& file) {
  constexpr std::uint64_t kMaxMemos = 10'000, kMaxBytes = 256 * kMebibyte;
  constexpr std::uint32_t kMaxClients = 4, kMaxQueries = 100;
  constexpr std::uint64_t kMaxPublished = 256 * kMebibyte, kMaxOperations = 2'000;
  constexpr double kSeconds = 0.25;
  Workload& workload = file.workload;
  const std::uint64_t most = std::max(kMinMemos, std::min(kMaxMemos, kMaxBytes / workload.payload_bytes));
  for (std::uint64_t& memos : file.memos) memos = std::min(memos, most);
  file.memos.erase(std::unique(file.memos.begin(), file.memos.end()), file.memos.end());
  for (std::uint32_t& clients : file.clients) clients = std::min(clients, kMaxClients);
  file.clients.erase(std::unique(file.clients.begin(), file.clients.end()), file.clients.end());
  if (file.clients.size() > 2) file.clients.erase(file.clients.begin() + 1, file.clients.end() - 1);
  workload.seconds = std::min(workload.seconds, kSeconds);
  workload.recall_queries = std::min(workload.recall_queries, kMaxQueries);
  if (workload.operations == 0) return;
  const std::uint64_t published = kMaxPublished / workload.payload_bytes;
  workload.operations = std::max<std::uint64_t>(50, std::min({workload.operations, kMaxOperations, published}));
}

}  // namespace memo
