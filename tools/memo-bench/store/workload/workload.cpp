#include "tools/memo-bench/store/workload/workload.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace memo {

using Json = nlohmann::ordered_json;

std::string_view to_string(LookupKind kind) {
  return kind == LookupKind::exact ? "exact" : "similar";
}

Json Workload::to_json() const {
  return {{"workload", name},
          {"lookup", to_string(lookup)},
          {"memos", memos},
          {"payload_bytes", payload_bytes},
          {"feature_dimension", feature_dimension},
          {"hit_ratio", hit_ratio},
          {"batch", batch},
          {"clients", clients},
          {"zipf_skew", zipf_skew},
          {"publish_share", publish_share},
          {"write_payload", write_payload},
          {"read_payload", read_payload},
          {"seconds", seconds},
          {"operations", operations},
          {"recall_queries", recall_queries}};
}

Workload Workload::from_json(const Json& json) {
  Workload workload;
  workload.name = json.at("workload");
  workload.lookup = json.at("lookup") == "similar" ? LookupKind::similar : LookupKind::exact;
  workload.memos = json.at("memos");
  workload.payload_bytes = json.at("payload_bytes");
  workload.feature_dimension = json.at("feature_dimension");
  workload.hit_ratio = json.at("hit_ratio");
  workload.batch = json.at("batch");
  workload.clients = json.at("clients");
  workload.zipf_skew = json.at("zipf_skew");
  workload.publish_share = json.at("publish_share");
  workload.write_payload = json.at("write_payload");
  workload.read_payload = json.at("read_payload");
  workload.seconds = json.at("seconds");
  workload.operations = json.at("operations");
  workload.recall_queries = json.at("recall_queries");
  return workload;
}

// An upper bound: operations are drawn at random, so a few more than the share may be publishes.
std::uint64_t Workload::published_in_a_round() const {
  if (publish_share == 0) return 0;
  const auto all = static_cast<double>(operations * clients);
  return static_cast<std::uint64_t>(std::min(all, all * publish_share + 8 * std::sqrt(all) + 1));
}

}  // namespace memo
