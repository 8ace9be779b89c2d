#include "tools/memo-bench/store/client/client.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <vector>

#include "tools/memo-bench/store/client/client_round.h"
#include "tools/memo-bench/store/peers/peers.h"
#include "tools/memo-bench/store/workload/traffic.h"

namespace memo {

using Json = nlohmann::ordered_json;

Json StoreClient::answer(const std::string& order) noexcept {
  try {
    auto done = obey(Json::parse(order));
    if (!done) return {{"ok", false}, {"error", done.status().message()}};
    (*done)["ok"] = true;
    return *std::move(done);
  } catch (const std::exception& error) {
    return {{"ok", false}, {"error", error.what()}};
  }
}

Result<Json> StoreClient::obey(const Json& order) {
  const std::string what = order.at("do");
  if (what == "workload") {
    workload_ = Workload::from_json(order.at("workload"));
    client_ = order.at("client");
    corpus_.emplace(workload_.feature_dimension);
    return Json::object();
  }
  if (!corpus_) throw std::runtime_error("no workload yet");
  if (what == "open") return open(order);
  if (what == "fill") return fill(order);
  if (what == "run") return run(order);
  if (what == "recall") return recall(order);
  if (what != "close") throw std::runtime_error("unknown order " + what);
  contestants_.erase(order.at("contestant").get<std::string>());
  return Json::object();
}

Result<Json> StoreClient::open(const Json& order) {
  const std::string name = order.at("contestant");
  const ContestantPlace place{.folder = order.at("folder"), .filling = order.at("filling")};
  contestants_.erase(name);
  MEMO_ASSIGN_OR_RETURN(contestants_[name],
                        name == "memod" ? open_memod(workload_, place) : open_peer(name, workload_, place));
  return Json::object();
}

Contestant& StoreClient::contestant(const Json& order) {
  return *contestants_.at(order.at("contestant").get<std::string>());
}

Result<Json> StoreClient::fill(const Json& order) {
  Contestant& filled = contestant(order);
  const std::uint64_t first = order.at("first"), last = order.at("last");
  std::vector<float> feature(workload_.feature_dimension);
  const std::uint64_t stored_before = filled.publish_totals().stored;
  for (std::uint64_t number = first; number < last; ++number) {
    corpus_->feature(number, feature);
    MEMO_RETURN_IF_ERROR(filled.publish({.key = key_of(number), .feature = feature, .lasting = true}));
  }
  MEMO_RETURN_IF_ERROR(filled.flush());
  const std::uint64_t stored = filled.publish_totals().stored - stored_before;
  if (stored != last - first)
    return Status(StatusCode::full, fmt::format("only {} of {} memos were stored", stored, last - first));
  return Json::object();
}

Result<Json> StoreClient::run(const Json& order) {
  Traffic traffic(*corpus_, workload_, client_, order.at("round"));
  ClientRound round(contestant(order), traffic, workload_);
  round.run(
      {.start_ns = order.at("start_ns"), .seconds = order.at("seconds"), .operations = order.at("operations")});
  return Json{{"figures", round.figures().to_json()}};
}

Result<Json> StoreClient::recall(const Json& order) {
  Contestant& asked = contestant(order);
  std::vector<float> feature(workload_.feature_dimension);
  Json found = Json::array();
  for (std::uint32_t number = 0; number < order.at("queries").get<std::uint32_t>(); ++number) {
    recall_query(*corpus_, workload_.memos, number, feature);
    const BenchQuery query{.key = key_of(kNeverStored + number), .feature = feature};
    BenchHit hit;
    MEMO_RETURN_IF_ERROR(asked.lookup({&query, 1}, {&hit, 1}));
    found.push_back(
        {{"found", hit.found}, {"high", hit.key.high}, {"low", hit.key.low}, {"distance", hit.distance}});
    (void)asked.release();
  }
  return Json{{"answers", std::move(found)}};
}

}  // namespace memo
