// Workload: what clients do to a store while it is measured, read from TOML files.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"

namespace memo {

enum class LookupKind { exact, similar };
std::string_view to_string(LookupKind kind);

// One workload, at one size of the store and with one number of clients.
struct Workload {
  std::string name;
  std::string shows;  // one line
  LookupKind lookup = LookupKind::exact;
  std::uint64_t memos = 10'000;  // in the store before it begins
  std::uint64_t payload_bytes = 192 << 10;
  std::uint32_t feature_dimension = 128;  // floats
  double hit_ratio = 1;                   // of the items looked up
  std::uint32_t batch = 1;                // items a lookup
  std::uint32_t clients = 1;              // processes
  double zipf_skew = 0;                   // of what is asked for; 0: all memos alike
  double publish_share = 0;               // of the operations; the others are lookups
  bool write_payload = true;              // a publish includes writing the payload into its draft
  bool read_payload = false;              // a lookup includes reading every byte of what it found
  double seconds = 1;                     // of a round; 0: `operations` end it
  std::uint64_t operations = 0;           // of each client in a round; 0: `seconds` end it
  std::uint32_t recall_queries = 0;       // compared with an exhaustive search

  nlohmann::ordered_json to_json() const;
  // Throws nlohmann::json::exception.
  static Workload from_json(const nlohmann::ordered_json& json);

  // Memos that are published beside those that are there: in one round, by all clients.
  std::uint64_t published_in_a_round() const;
};

// A file: a workload, and the sizes and numbers of clients it is measured with.
struct WorkloadFile {
  Workload workload;
  std::vector<std::uint64_t> memos;    // ascending
  std::vector<std::uint32_t> clients;  // ascending
  std::uint32_t most_clients() const { return clients.back(); }
};

// Errors: invalid_argument as "PATH:LINE: KEY is VALUE, must be ALLOWED"; not_found.
Result<WorkloadFile> read_workload_file(const std::string& path);
// The same for text that came from `path`.
Result<WorkloadFile> read_workload(const std::string& text, const std::string& path);

// The workloads that come with memo-bench: those in tools/memo-bench/store/workloads/.
struct ShippedWorkload {
  const char* name;
  const char* text;
};
const std::vector<ShippedWorkload>& shipped_workloads();
// A shipped workload by its name, else a file. Errors: as read_workload_file().
Result<WorkloadFile> find_workload(const std::string& name_or_path);

}  // namespace memo
