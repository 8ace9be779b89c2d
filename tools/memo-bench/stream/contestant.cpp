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
                                                                 const std::string& reuse,
                                                                 const std::string& selection,
                                                                 const TextModel& plain) {
  std::unique_ptr<StreamContestant> made(new StreamContestant(options, reuse, selection));
  MEMO_RETURN_IF_ERROR(made->open(options));
  MEMO_RETURN_IF_ERROR(made->make_model(options, plain));
  MEMO_RETURN_IF_ERROR(made->model_->space_status());
  made->model_->plan()->admission().use(rules_of(selection));
  return made;
}

Status StreamContestant::make_model(const StreamBench& options, const TextModel& plain) {
  const std::int64_t layers = plain.loaded().checkpoint.config.layers;
  MEMO_ASSIGN_OR_RETURN(Policy policy, options.policy.empty() ? Policy::defaults(plain.length(), layers)
                                                              : Policy::load(options.policy, layers));
  if (policy.length != plain.length())
    return {StatusCode::invalid_argument,
            fmt::format("{}: length is {}, --length is {}", options.policy, policy.length, plain.length())};
  policy.kinds = {.output = reuse_ != "maps", .map = reuse_ != "outputs"};
  policy.selection = selection_ == "fixed" ? Selection::fixed : Selection::online;
  const EngineOptions engine{plain.type(), plain.threads()};
  MEMO_ASSIGN_OR_RETURN(model_, policy.calibration.empty()
                                    ? plain.beside(std::move(policy), *store_)
                                    : TextModel::memoized(plain.loaded(), std::move(policy), engine, *store_));
  return Status::ok();
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

StreamCounts StreamContestant::counts() const {
  const TextModelFigures figures = model_->figures();
  StreamCounts counts{{}, figures.parts, figures.outputs, figures.outputs_s};
  for (const LayerCounters& layer : figures.layers) counts.maps += layer;
  return counts;
}

}  // namespace memo
