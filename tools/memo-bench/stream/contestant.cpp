#include "tools/memo-bench/stream/contestant.h"

#include <fmt/format.h>

#include <thread>

#include "client/settings/setting_values.h"
#include "memo/attach.h"
#include "memod/store/local_store.h"
#include "tools/memo-bench/common/samples.h"

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
                                                                 const LoadedModel& model, DataType type,
                                                                 std::uint32_t length) {
  std::unique_ptr<StreamContestant> made(new StreamContestant(options, selection));
  MEMO_RETURN_IF_ERROR(made->open(options));
  const std::int64_t layers = model.checkpoint.config.layers;
  MEMO_ASSIGN_OR_RETURN(Policy policy, options.policy.empty() ? Policy::defaults(length, layers)
                                                              : Policy::load(options.policy, layers));
  if (policy.length != length)
    return Status(StatusCode::invalid_argument,
                  fmt::format("{}: length is {}, --length is {}", options.policy, policy.length, length));
  policy.selection = selection == "fixed" ? Selection::fixed : Selection::online;
  MEMO_ASSIGN_OR_RETURN(made->plan_, MemoPlan::make(model.checkpoint, type, std::move(policy), *made->store_));
  MEMO_RETURN_IF_ERROR(made->plan_->space_status());
  made->plan_->admission().use(rules_of(selection));
  made->attention_ = std::make_unique<MemoizedAttention>(*made->plan_);
  return made;
}

Status StreamContestant::open(const StreamBench& options) {
  MEMO_RETURN_IF_ERROR(folder_.status());
  MEMO_ASSIGN_OR_RETURN(const std::uint64_t bytes, parse_size(options.pool_size));
  if (options.daemon) return start_daemon(bytes);
  MEMO_ASSIGN_OR_RETURN(store_, open_local_store({folder_.path() + "/pool", bytes, false}));
  return Status::ok();
}

Status StreamContestant::start_daemon(std::uint64_t pool_bytes) {
  const std::string endpoint = "unix:" + folder_.path() + "/socket";
  MEMO_ASSIGN_OR_RETURN(
      daemon_, ServerProcess::start({program_beside_us("memod"), "--pool", folder_.path() + "/pool", "--size",
                                     fmt::format("{}", pool_bytes), "--snapshot", "0", "--listen", endpoint},
                                    folder_.path() + "/log"));
  MEMO_ASSIGN_OR_RETURN(store_, attach(endpoint));
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
