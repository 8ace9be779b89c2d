#include "tools/memo-bench/store/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "tools/memo-bench/common/progress.h"
#include "tools/memo-bench/store/crew.h"
#include "tools/memo-bench/store/peers/peers.h"

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::minutes kToStart{2};
constexpr std::chrono::hours kToSettle{1};
constexpr milliseconds kSitePause{20};
constexpr milliseconds kWatched{150};
constexpr int kQuietLooks = 4;
constexpr double kBusy = 0.05;  // of a core: a process that takes more is not idle
constexpr std::uint64_t kSlotHeader = 128;
constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kEvictedAtOnce = 4096;

double seconds(milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

// A quarter more than slots take: extents are aligned, and the next one is made before the last is full.
std::uint64_t pool_bytes(const Workload& workload, std::uint64_t memos) {
  const std::uint64_t payload = (workload.payload_bytes + 63) / 64 * 64;
  const std::uint64_t slot = payload + kSlotHeader + workload.feature_dimension * sizeof(float);
  const std::uint64_t slots = memos + workload.published_in_a_round();
  return (slots * slot * 5 / 4 + 64 * kMiB) / kMiB * kMiB;
}

std::uint64_t site_bytes(const Workload& workload, std::uint64_t memos, std::size_t peers) {
  constexpr std::uint64_t kBesideFeature = 1024;  // more than twice what memod takes for a memo beside its feature
  const std::uint64_t beside = memos * (workload.feature_dimension * sizeof(float) + kBesideFeature);
  // Twice the values: memcached's slabs waste some, RocksDB compacts into new files before it deletes the old
  // ones.
  const std::uint64_t peer = 2 * memos * (workload.payload_bytes + 128) + 64 * kMiB;
  return pool_bytes(workload, memos) + beside + peers * peer;
}

Result<std::unique_ptr<StoreSite>> StoreSite::start(const Workload& workload, const StoreSiteOptions& options,
                                                    const Interrupt& interrupt) {
  std::unique_ptr<StoreSite> site(new StoreSite(options.folder, interrupt));
  MEMO_RETURN_IF_ERROR(site->folder_.status());
  MEMO_RETURN_IF_ERROR(site->start_memod(workload, options));
  const std::uint64_t values = options.most_memos * (workload.payload_bytes + 128);
  for (const std::string& peer : options.peers) MEMO_RETURN_IF_ERROR(site->start_peer(peer, values * 2));
  return site;
}

Status StoreSite::start_memod(const Workload& workload, const StoreSiteOptions& options) {
  Place place{.name = "memod", .folder = folder_.path() + "/memod", .server = std::nullopt};
  std::filesystem::create_directory(place.folder);
  MEMO_ASSIGN_OR_RETURN(
      place.server,
      ServerProcess::start({options.memod, "--pool", place.folder + "/pool", "--size",
                            fmt::format("{}MiB", pool_bytes(workload, options.most_memos) / kMiB), "--listen",
                            "unix:" + place.folder + "/socket", "--snapshot", "0", "--restart-grace", "0"},
                           place.folder + "/log"));
  places_.push_back(std::move(place));
  MEMO_RETURN_IF_ERROR(await_memod());
  MEMO_RETURN_IF_ERROR(settle());
  empty_bytes_ = memod().anonymous_bytes();
  return Status::ok();
}

Status StoreSite::await_memod() {
  const auto deadline = Clock::now() + kToStart;
  while (Clock::now() < deadline) {
    if (!memod().is_running()) return {StatusCode::unavailable, "memod has ended: " + memod().last_line()};
    if (auto control = ControlClient::connect(places_.front().folder + "/socket", std::chrono::seconds(60)))
      if ((*control)->stats()) {
        control_ = *std::move(control);
        return Status::ok();
      }
    if (interrupt_.wait_for(kSitePause)) return interrupted();
  }
  return {StatusCode::deadline_exceeded, "memod does not answer: " + memod().last_line()};
}

Status StoreSite::start_peer(const std::string& name, std::uint64_t bytes) {
  const PeerInfo* peer = find_peer(name);
  if (peer == nullptr) return {StatusCode::invalid_argument, fmt::format("there is no peer {}", name)};
  Place place{.name = name, .folder = folder_.path() + "/" + name, .server = std::nullopt};
  std::filesystem::create_directory(place.folder);
  if (peer->server != nullptr) {
    MEMO_ASSIGN_OR_RETURN(const auto command, peer_server_command(*peer, place.folder, bytes));
    MEMO_ASSIGN_OR_RETURN(place.server, ServerProcess::start(command, place.folder + "/log"));
    MEMO_RETURN_IF_ERROR(await_socket(place));
  }
  places_.push_back(std::move(place));
  return Status::ok();
}

Status StoreSite::await_socket(Place& place) {
  const auto deadline = Clock::now() + kToStart;
  while (!std::filesystem::exists(place.folder + "/socket")) {
    if (!place.server->is_running() || Clock::now() > deadline)
      return {StatusCode::unavailable,
              fmt::format("{} does not start: {}", place.name, place.server->last_line())};
    if (interrupt_.wait_for(kSitePause)) return interrupted();
  }
  return Status::ok();
}

Result<double> StoreSite::idle_share(milliseconds time) {
  const double before = memod().cpu_seconds();
  const auto begun = Clock::now();
  if (interrupt_.wait_for(time)) return interrupted();
  const double passed = std::chrono::duration<double>(Clock::now() - begun).count();
  if (!memod().is_running()) return Status(StatusCode::unavailable, "memod has ended: " + memod().last_line());
  return (memod().cpu_seconds() - before) / std::max(passed, seconds(time));
}

// One quiet moment proves nothing, because a busy machine may delay memod's work. memod has settled when it is
// idle and every memo is in a graph, or when nothing has changed over several looks: a layer that is small enough
// for flat search has no graph.
Status StoreSite::settle() {
  const auto deadline = Clock::now() + kToSettle;
  std::uint64_t indexed_before = 0;
  for (int quiet = 0; Clock::now() < deadline;) {
    MEMO_ASSIGN_OR_RETURN(const auto share, idle_share(kWatched));
    MEMO_ASSIGN_OR_RETURN(const auto index, index_state());
    const bool same = index.indexed == std::exchange(indexed_before, index.indexed);
    quiet = share < kBusy && same ? quiet + 1 : 0;
    if (quiet >= kQuietLooks || (share < kBusy && index.memos > 0 && index.indexed == index.memos))
      return Status::ok();
  }
  return {StatusCode::deadline_exceeded, "memod does not come to rest"};
}

Result<StoreSite::IndexState> StoreSite::index_state() {
  MEMO_ASSIGN_OR_RETURN(const auto stats, control_->stats());
  IndexState state{.indexed = indexed_memos(stats)};
  for (const SpaceStats& space : stats.spaces) state.memos += space.memos;
  return state;
}

Status StoreSite::evict(std::uint64_t memos) {
  while (memos > 0) {
    MEMO_ASSIGN_OR_RETURN(const auto gone, control_->evict(SpaceId{0}, std::min(memos, kEvictedAtOnce)));
    if (gone == 0) return {StatusCode::internal, "memod evicts nothing"};
    memos -= std::min(memos, gone);
  }
  return Status::ok();
}

}  // namespace memo
