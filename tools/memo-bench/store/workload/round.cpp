#include "tools/memo-bench/store/workload/round.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<const char*, std::uint64_t RoundFigures::*> kCounts[] = {
    {"lookups", &RoundFigures::lookups},     {"items", &RoundFigures::items},
    {"hits", &RoundFigures::hits},           {"missed", &RoundFigures::missed},
    {"wrong", &RoundFigures::wrong},         {"revoked", &RoundFigures::revoked},
    {"failed", &RoundFigures::failed},       {"read_bytes", &RoundFigures::read_bytes},
    {"published", &RoundFigures::published}, {"published_bytes", &RoundFigures::published_bytes},
    {"refused", &RoundFigures::refused},     {"draft_waits", &RoundFigures::draft_waits},
};
constexpr std::pair<const char*, double RoundFigures::*> kTimes[] = {
    {"wall_s", &RoundFigures::wall_s},
    {"cpu_s", &RoundFigures::cpu_s},
    {"making_s", &RoundFigures::making_s},
};

}  // namespace

void RoundFigures::merge(const RoundFigures& other) {
  for (const auto& [name, count] : kCounts) this->*count += other.*count;
  if (failure.empty()) failure = other.failure;
  wall_s = std::max(wall_s, other.wall_s);
  cpu_s += other.cpu_s;
  making_s += other.making_s;
  lookup_times.merge(other.lookup_times);
  publish_times.merge(other.publish_times);
}

Json RoundFigures::to_json() const {
  Json json;
  for (const auto& [name, count] : kCounts) json[name] = this->*count;
  for (const auto& [name, time] : kTimes) json[name] = this->*time;
  json["failure"] = failure;
  json["lookup_times"] = lookup_times.to_json();
  json["publish_times"] = publish_times.to_json();
  return json;
}

RoundFigures RoundFigures::from_json(const Json& json) {
  RoundFigures figures;
  for (const auto& [name, count] : kCounts) figures.*count = json.at(name);
  for (const auto& [name, time] : kTimes) figures.*time = json.at(name);
  figures.failure = json.at("failure");
  figures.lookup_times = LatencyHistogram::from_json(json.at("lookup_times"));
  figures.publish_times = LatencyHistogram::from_json(json.at("publish_times"));
  return figures;
}

}  // namespace memo
