#include "tools/memo-bench/stream_contestant.h"

#include <fmt/format.h>

#include <thread>

#include "memo/attach.h"
#include "memod/local_store.h"
#include "memod/setting_values.h"
#include "tools/memo-bench/samples.h"

namespace memo {
namespace {

constexpr double kToStart_s = 60;

AdmissionRules rules_of(const std::string& selection) {
  AdmissionRules rules;
  rules.everything = selection == "fixed";
  rules.seen = selection != "sampled";
  rules.sampled = selection != "seen";
  return rules;
}

}  // namespace

Result<std::unique_ptr<StreamContestant>> StreamContestant::make(const StreamBench& options,
                                                                 const std::string& selection,
                                                                 const TextModel& model, DataType type,
                                                                 std::uint32_t length) {
  std::unique_ptr<StreamContestant> made(new StreamContestant(options, selection));
  MEMO_RETURN_IF_ERROR(made->open(options));
  const std::int64_t layers = model.checkpoint.config.layers;
  Result<Policy> policy =
      options.policy.empty() ? Policy::defaults(length, layers) : Policy::load(options.policy, layers);
  if (!policy) return policy.status();
  if (policy->length != length)
    return Status(StatusCode::invalid_argument,
                  fmt::format("{}: length is {}, --length is {}", options.policy, policy->length, length));
  policy->selection = selection == "fixed" ? Selection::fixed : Selection::online;
  Result<std::unique_ptr<MemoPlan>> plan =
      MemoPlan::make(model.checkpoint, type, std::move(*policy), *made->store_);
  if (!plan) return plan.status();
  made->plan_ = std::move(*plan);
  MEMO_RETURN_IF_ERROR(made->plan_->space_status());
  made->plan_->admission().use(rules_of(selection));
  made->attention_ = std::make_unique<MemoizedAttention>(*made->plan_);
  return made;
}

Status StreamContestant::open(const StreamBench& options) {
  MEMO_RETURN_IF_ERROR(folder_.status());
  const Result<std::uint64_t> bytes = parse_size(options.pool_size);
  if (!bytes) return bytes.status();
  if (options.daemon) return start_daemon(*bytes);
  Result<std::unique_ptr<MemoStore>> store = open_local_store({folder_.path() + "/pool", *bytes, false});
  if (!store) return store.status();
  store_ = std::move(*store);
  return Status::ok();
}

Status StreamContestant::start_daemon(std::uint64_t pool_bytes) {
  const std::string endpoint = "unix:" + folder_.path() + "/socket";
  auto process = ServerProcess::start({program_beside_us("memod"), "--pool", folder_.path() + "/pool", "--size",
                                       fmt::format("{}", pool_bytes), "--snapshot", "0", "--listen", endpoint},
                                      folder_.path() + "/log");
  if (!process) return process.status();
  daemon_ = *std::move(process);
  Result<std::unique_ptr<MemoStore>> store = attach(endpoint);
  if (!store) return store.status();
  store_ = std::move(*store);
  for (const auto start = BenchClock::now(); seconds_since(start) < kToStart_s && daemon_->is_running();) {
    if (store_->available()) return Status::ok();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {StatusCode::unavailable, "memod does not answer: " + daemon_->last_line()};
}

LayerCounters StreamContestant::counted() const {
  LayerCounters sum;
  for (const LayerCounters& layer : attention_->counters()) sum += layer;
  return sum;
}

}  // namespace memo
