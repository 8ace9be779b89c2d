#include "tools/memo-bench/store/case.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "client/process/stderr_text.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/store/recall.h"
#include "tools/memo-bench/store/server.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kWarmUp = 0.5;  // seconds, if a time ends the rounds

}  // namespace

StoreCases::StoreCases(WorkloadFile file, std::vector<std::string> peers, const StoreBench& options,
                       const Interrupt& interrupt)
    : file_(std::move(file)),
      peers_(std::move(peers)),
      options_(options),
      interrupt_(interrupt),
      workload_(file_.workload) {}

Status StoreCases::run(const TakeCase& take) {
  workload_.clients = file_.most_clients();
  MEMO_ASSIGN_OR_RETURN(site_, StoreSite::start(workload_,
                                                {.memod = program_beside_us("memod"),
                                                 .folder = options_.folder,
                                                 .peers = peers_,
                                                 .most_memos = file_.memos.back()},
                                                interrupt_));
  MEMO_ASSIGN_OR_RETURN(
      auto crew, ClientCrew::start(program_beside_us("memo-bench-client"), file_.most_clients(), interrupt_));
  crew_ = std::make_unique<ClientCrew>(std::move(crew));
  std::uint64_t filled = 0;
  for (const std::uint64_t memos : file_.memos) {
    workload_.memos = memos;
    MEMO_RETURN_IF_ERROR(crew_->set_workload(workload_));
    MEMO_RETURN_IF_ERROR(fill_all(filled));
    MEMO_RETURN_IF_ERROR(run_size(take));
    filled = memos;
  }
  crew_.reset();  // before the servers they are attached to
  site_.reset();
  return Status::ok();
}

Status StoreCases::run_size(const TakeCase& take) {
  for (const std::uint32_t clients : file_.clients) {
    workload_.clients = clients;
    MEMO_ASSIGN_OR_RETURN(auto measured, run_case());
    take(measured);
  }
  return Status::ok();
}

Status StoreCases::fill_all(std::uint64_t first) {
  for (StoreSite::Place& place : site_->places()) {
    print_stderr("{}: filling {} with memos {} to {}\n", workload_.name, place.name, first, workload_.memos);
    const auto begun = BenchClock::now();
    MEMO_RETURN_IF_ERROR(crew_->fill(place.name, place.folder, first, workload_.memos));
    if (place.name == "memod") fill_s_ = seconds_since(begun);
  }
  const auto begun = BenchClock::now();
  MEMO_RETURN_IF_ERROR(site_->settle());
  index_s_ = fill_s_ + seconds_since(begun);
  return Status::ok();
}

Status StoreCases::open_all() {
  for (StoreSite::Place& place : site_->places())
    MEMO_RETURN_IF_ERROR(crew_->open(workload_.clients, place.name, place.folder));
  return Status::ok();
}

Status StoreCases::close_all() {
  for (StoreSite::Place& place : site_->places())
    MEMO_RETURN_IF_ERROR(crew_->close(workload_.clients, place.name));
  return Status::ok();
}

Result<Json> StoreCases::run_case() {
  MEMO_RETURN_IF_ERROR(open_all());
  for (StoreSite::Place& place : site_->places()) MEMO_RETURN_IF_ERROR(run_round(place, next_round_, nullptr));
  ++next_round_;
  std::map<std::string, ContestantRounds> rounds;
  for (std::uint32_t round = 0; round < options_.rounds; ++round, ++next_round_)
    for (StoreSite::Place& place : site_->places())
      MEMO_RETURN_IF_ERROR(run_round(place, next_round_, &rounds[place.name]));
  Json measured = workload_.to_json();
  measured["rounds"] = options_.rounds;
  measured["memod"] = rounds["memod"].summary();
  for (const std::string& peer : peers_) {
    measured["peers"][peer] = rounds[peer].summary();
    measured["peers"][peer]["memod_over_peer"] = rounds["memod"].over(rounds[peer]);
  }
  MEMO_RETURN_IF_ERROR(add_recall(measured));
  MEMO_RETURN_IF_ERROR(add_memory(measured));
  MEMO_RETURN_IF_ERROR(close_all());
  return measured;
}

// Runs a round; one that only warms up if `rounds` is null.
Status StoreCases::run_round(StoreSite::Place& place, std::uint32_t number, ContestantRounds* rounds) {
  const double seconds = rounds == nullptr ? std::min(kWarmUp, workload_.seconds) : workload_.seconds;
  const double cpu_before = place.server ? place.server->cpu_seconds() : 0;
  MEMO_ASSIGN_OR_RETURN(const auto figures, crew_->run({.contestant = place.name,
                                                        .clients = workload_.clients,
                                                        .number = number,
                                                        .seconds = seconds,
                                                        .operations = workload_.operations}));
  if (place.server && !place.server->is_running())
    return {StatusCode::unavailable, fmt::format("{} has ended: {}", place.name, place.server->last_line())};
  if (rounds != nullptr) rounds->add(figures, (place.server ? place.server->cpu_seconds() : 0) - cpu_before);
  std::uint64_t published = 0;
  for (const RoundFigures& client : figures) published += client.published;
  if (published == 0) return Status::ok();
  MEMO_RETURN_IF_ERROR(site_->evict(published));
  return site_->settle();
}

Status StoreCases::add_recall(Json& measured) {
  if (!is_similar() || workload_.recall_queries == 0) return Status::ok();
  MEMO_ASSIGN_OR_RETURN(const auto answers, crew_->recall("memod", workload_.recall_queries));
  measured["recall"] = judge_recall(Corpus(workload_.feature_dimension), workload_.memos, answers);
  return Status::ok();
}

Status StoreCases::add_memory(Json& measured) {
  MEMO_ASSIGN_OR_RETURN(const auto idle, site_->idle_share(options_.idle));
  const auto memos = static_cast<double>(workload_.memos);
  const auto taken = static_cast<double>(site_->memod().anonymous_bytes());
  const double a_memo = (taken - static_cast<double>(site_->empty_bytes())) / memos;
  measured["daemon"] = {{"empty_bytes", site_->empty_bytes()},
                        {"anonymous_bytes", taken},
                        {"bytes_per_memo", a_memo},
                        {"bytes_beside_feature", a_memo - workload_.feature_dimension * sizeof(float)},
                        {"idle_cpu_share", idle},
                        {"fill_s", fill_s_},
                        {"indexed_s", index_s_}};
  return Status::ok();
}

}  // namespace memo
