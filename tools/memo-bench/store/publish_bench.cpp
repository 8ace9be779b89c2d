#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>

#include "client/attached/control_client.h"
#include "client/process/stderr_text.h"
#include "client/protocol/segment.h"
#include "memo/attach.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/index/memory_limits.h"
#include "tools/memo-bench/store/server.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kLayers = 12;
constexpr std::uint32_t kDimension = 128;
constexpr std::chrono::seconds kEvictionPatience{60};

// A daemon on a pool of its own. The destructor ends the daemon and deletes the pool.
class BenchDaemon {
 public:
  static Result<std::unique_ptr<BenchDaemon>> start(const PublishBench& options) {
    auto daemon = std::unique_ptr<BenchDaemon>(new BenchDaemon(options.folder));
    MEMO_RETURN_IF_ERROR(daemon->folder_.status());
    MEMO_ASSIGN_OR_RETURN(daemon->process_,
                          ServerProcess::start({program_beside_us("memod"), "--pool", daemon->pool(), "--size",
                                                fmt::format("{}", options.pool_bytes), "--snapshot", "0",
                                                "--listen", "unix:" + daemon->socket()},
                                               daemon->folder_.path() + "/log"));
    return daemon;
  }

  std::string pool() const { return folder_.path() + "/pool"; }
  std::string socket() const { return folder_.path() + "/socket"; }

  // Waits until the whole pool is prefaulted. Errors: unavailable.
  Result<PoolMemoryStats> await_memory() {
    for (const auto start = BenchClock::now(); seconds_since(start) < 60 && process_->is_running();) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const auto control = ControlClient::connect(socket(), kEvictionPatience);
      if (!control) continue;
      const auto stats = (*control)->stats();
      if (stats && stats->memory.prefaulted_bytes == stats->memory.prefault_bytes) return stats->memory;
    }
    return Status(StatusCode::unavailable,
                  "memod has not started, or not mapped its pool in: " + process_->last_line());
  }
  // Evicts all memos. The pool keeps its memory.
  Status empty() const {
    MEMO_ASSIGN_OR_RETURN(const auto control, ControlClient::connect(socket(), kEvictionPatience));
    MEMO_ASSIGN_OR_RETURN(const auto stats, control->stats());
    for (const SpaceStats& space : stats.spaces)
      for (std::uint64_t left = space.memos; left > 0;) {
        MEMO_ASSIGN_OR_RETURN(const auto evicted, control->evict(space.id, left));
        left -= std::min(left, evicted);
      }
    return Status::ok();
  }

 private:
  explicit BenchDaemon(const std::string& parent) : folder_(parent, "memo-bench") {}

  TemporaryFolder folder_;
  std::optional<ServerProcess> process_;  // declared last: it ends before its folder is deleted
};

class Publisher {
 public:
  Publisher(MemoStore& store, SpaceId space, std::uint64_t payload)
      : store_(store), space_(space), source_(payload) {
    for (std::size_t i = 0; i < payload; ++i) source_[i] = static_cast<std::byte>(i * 2654435761u >> 11);
    for (std::uint64_t i = 0; i < 64; ++i) features_.push_back(bench_feature(i, kDimension));
  }

  // Gigabytes a second from the first draft to the last acknowledgement.
  Result<double> round(std::uint64_t count, bool fills) {
    const auto before = store_.publish_counts();
    const auto start = BenchClock::now();
    for (std::uint64_t i = 0; i < count;) {
      if (publish(fills))
        ++i;
      else
        std::this_thread::yield();  // every draft is in use
    }
    MEMO_RETURN_IF_ERROR(store_.flush(kEvictionPatience));
    const double seconds = seconds_since(start);
    const auto after = store_.publish_counts();
    if (after.acknowledged - before.acknowledged != count)
      return Status(StatusCode::internal, fmt::format("{} of {} publishes were acknowledged",
                                                      after.acknowledged - before.acknowledged, count));
    return static_cast<double>(count * source_.size()) / seconds / 1e9;
  }

 private:
  bool publish(bool fills) {
    auto draft = store_.draft(space_, source_.size());
    if (!draft) return false;
    if (fills) std::memcpy(draft->payload.data(), source_.data(), source_.size());
    const std::uint64_t number = next_++;
    return store_
        .publish(std::move(*draft), {.layer = Layer{static_cast<std::uint32_t>(number % kLayers)},
                                     .key = {1, number},
                                     .feature = features_[number % features_.size()],
                                     .length = 128,
                                     .cost_us = 100})
        .is_ok();
  }

  MemoStore& store_;
  SpaceId space_;
  std::vector<std::byte> source_;
  std::vector<std::vector<float>> features_;
  std::uint64_t next_ = 0;
};

Json summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return Json{{"median", values[values.size() / 2]}, {"best", values.back()}};
}

Result<Json> measure_attached(const BenchDaemon& daemon, const PublishBench& options, std::uint64_t payload) {
  const std::uint64_t granule = segment::kDraftGranule;
  AttachOptions attach_options;
  attach_options.draft_bytes = options.in_flight * ((payload + granule - 1) / granule * granule);
  attach_options.control_timeout = kEvictionPatience;
  MEMO_ASSIGN_OR_RETURN(auto store, attach("unix:" + daemon.socket(), attach_options));
  MEMO_ASSIGN_OR_RETURN(const auto space, store->open_space({.model = {1, payload},
                                                             .length_bucket = 128,
                                                             .heads = 12,
                                                             .feature_dimension = kDimension,
                                                             .payload_bytes = payload}));
  Publisher publisher(*store, space, payload);
  // Fits into the pool, which all spaces of this run share, so that nothing is evicted.
  const std::uint64_t count =
      std::max<std::uint64_t>(options.pool_bytes * 8 / 10 / options.payloads.size() / payload, 1);
  std::vector<double> handed_over, filled;
  for (std::uint32_t round = 0; round <= options.rounds; ++round)
    for (const bool fills : {true, false}) {
      MEMO_ASSIGN_OR_RETURN(const auto rate, publisher.round(count, fills));
      MEMO_RETURN_IF_ERROR(daemon.empty());
      if (round > 0) (fills ? filled : handed_over).push_back(rate);
    }
  return Json{{"publishes_a_round", count}, {"handed_over", summary(handed_over)}, {"filled", summary(filled)}};
}

}  // namespace

Result<Json> run_publish_bench(const PublishBench& options) {
  Json machine, attached;
  for (const std::uint64_t payload : options.payloads) {
    print_stderr("what memory allows with payloads of {} bytes\n", payload);
    MEMO_ASSIGN_OR_RETURN(auto limits, measure_memory_limits(options.folder, payload, options.in_flight));
    machine[fmt::format("{}", payload)] = limits;
  }
  MEMO_ASSIGN_OR_RETURN(const auto daemon, BenchDaemon::start(options));
  MEMO_ASSIGN_OR_RETURN(const auto memory, daemon->await_memory());
  MEMO_ASSIGN_OR_RETURN(const auto mapping, measure_client_mapping(daemon->pool()));
  for (const std::uint64_t payload : options.payloads) {
    print_stderr("publishing payloads of {} bytes\n", payload);
    MEMO_ASSIGN_OR_RETURN(const auto rates, measure_attached(*daemon, options, payload));
    attached[fmt::format("{}", payload)] = rates;
  }
  return Json{{"pool_bytes", options.pool_bytes},
              {"in_flight", options.in_flight},
              {"pool_huge_share", static_cast<double>(memory.huge_bytes) /
                                      static_cast<double>(std::max<std::uint64_t>(memory.present_bytes, 1))},
              {"mapping", mapping},
              {"machine", machine},
              {"attached", attached}};
}

BenchCommand add_publish_command(CLI::App& app) {
  auto options = std::make_shared<PublishBench>();
  CLI::App* command =
      app.add_subcommand("publish", "Publishes of one client, beside what this machine's memory allows");
  command->add_option("--folder", options->folder, "Where to put the pool")->capture_default_str();
  command->add_option("--pool-bytes", options->pool_bytes, "Its size")
      ->check(CLI::Range(std::uint64_t{256} << 20, std::uint64_t{1} << 40))
      ->capture_default_str();
  command->add_option("--payloads", options->payloads, "Bytes of a payload")
      ->delimiter(',')
      ->check(CLI::Range(4096, 64 << 20))
      ->capture_default_str();
  command->add_option("--in-flight", options->in_flight, "Drafts that wait to be copied, at most")
      ->check(CLI::Range(1, 120))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Times to fill the pool, after one that warms up")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  return {command, [] { return Status::ok(); }, [options] { return run_publish_bench(*options); }};
}

}  // namespace memo
