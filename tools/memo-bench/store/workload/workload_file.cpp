#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "client/settings/toml_table.h"
#include "memo/types.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {
namespace {

constexpr std::int64_t kMaxMemos = 100'000'000;
constexpr std::int64_t kMaxClients = 64;
constexpr std::int64_t kMaxBatch = 1024;
constexpr std::int64_t kMaxOperations = 1'000'000'000;

constexpr std::string_view kKeys[] = {
    "name",         "shows",          "memos",   "payload_bytes", "feature_dimension", "lookup",
    "hit_ratio",    "batch",          "clients", "zipf_skew",     "publish_share",     "write_payload",
    "read_payload", "recall_queries", "seconds", "operations"};

// An integer, or an array of ascending ones.
template <typename Integer>
Status read_ascending(const TomlTable& table, const std::string& key, std::int64_t high,
                      std::vector<Integer>& values) {
  const std::string allowed = fmt::format("an integer from 1 to {}, or an array of ascending ones", high);
  if (!table.has(key)) return Status::ok();
  std::vector<Integer> read(1);
  const Status status =
      table.has_array(key) ? table.integers(key, 1, high, read) : table.integer(key, 1, high, read[0]);
  if (!status || !std::ranges::is_sorted(read, std::ranges::less_equal{})) return table.refuse(key, allowed);
  if (read.empty()) return table.refuse(key, "an integer, or an array with at least one");
  values = std::move(read);
  return Status::ok();
}

Status read_lookup_kind(const TomlTable& table, LookupKind& kind) {
  std::string name(to_string(kind));
  MEMO_RETURN_IF_ERROR(table.text("lookup", name));
  if (name != "exact" && name != "similar") return table.refuse("lookup", "\"exact\" or \"similar\"");
  kind = name == "exact" ? LookupKind::exact : LookupKind::similar;
  return Status::ok();
}

Status read_store(const TomlTable& table, WorkloadFile& file) {
  Workload& workload = file.workload;
  MEMO_RETURN_IF_ERROR(read_ascending(table, "memos", kMaxMemos, file.memos));
  MEMO_RETURN_IF_ERROR(table.integer("payload_bytes", 8, kMaxPayloadBytes, workload.payload_bytes));
  if (workload.payload_bytes % 8 != 0) return table.refuse("payload_bytes", "a multiple of 8");
  return table.integer("feature_dimension", 32, kMaxFeatureDimension, workload.feature_dimension);
}

Status read_traffic(const TomlTable& table, WorkloadFile& file) {
  Workload& workload = file.workload;
  MEMO_RETURN_IF_ERROR(read_lookup_kind(table, workload.lookup));
  MEMO_RETURN_IF_ERROR(table.number("hit_ratio", 0, 1, workload.hit_ratio));
  MEMO_RETURN_IF_ERROR(table.integer("batch", 1, kMaxBatch, workload.batch));
  MEMO_RETURN_IF_ERROR(read_ascending(table, "clients", kMaxClients, file.clients));
  MEMO_RETURN_IF_ERROR(table.number("zipf_skew", 0, 10, workload.zipf_skew));
  MEMO_RETURN_IF_ERROR(table.number("publish_share", 0, 1, workload.publish_share));
  MEMO_RETURN_IF_ERROR(table.flag("write_payload", workload.write_payload));
  if (!workload.write_payload && workload.publish_share < 1)
    return table.refuse("write_payload", "true unless publish_share is 1: lookups check what they find");
  MEMO_RETURN_IF_ERROR(table.flag("read_payload", workload.read_payload));
  MEMO_RETURN_IF_ERROR(table.integer("recall_queries", 0, 10'000, workload.recall_queries));
  if (workload.recall_queries > 0 && workload.lookup == LookupKind::exact)
    return table.refuse("recall_queries", "0 where lookups are exact: they find their key or nothing");
  return Status::ok();
}

Status read_length(const TomlTable& table, Workload& workload) {
  MEMO_RETURN_IF_ERROR(table.number("seconds", 0.01, 3600, workload.seconds));
  MEMO_RETURN_IF_ERROR(table.integer("operations", 1, kMaxOperations, workload.operations));
  if (table.has("seconds") && table.has("operations"))
    return table.refuse("operations", "absent where seconds end a round");
  if (workload.publish_share > 0 && !table.has("operations"))
    return table.refuse("publish_share",
                        "0, or operations must be given: the store has to have room for all memos");
  if (table.has("operations")) workload.seconds = 0;
  return Status::ok();
}

Result<WorkloadFile> read_table(const TomlTable& table) {
  WorkloadFile file;
  file.memos = {file.workload.memos};
  file.clients = {file.workload.clients};
  file.workload.name = std::filesystem::path(table.path()).stem().string();
  MEMO_RETURN_IF_ERROR(table.text("name", file.workload.name));
  MEMO_RETURN_IF_ERROR(table.text("shows", file.workload.shows));
  MEMO_RETURN_IF_ERROR(read_store(table, file));
  MEMO_RETURN_IF_ERROR(read_traffic(table, file));
  MEMO_RETURN_IF_ERROR(read_length(table, file.workload));
  MEMO_RETURN_IF_ERROR(table.only(kKeys));
  return file;
}

}  // namespace

Result<WorkloadFile> read_workload(const std::string& text, const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const TomlTable table, TomlTable::parse(text, path));
  return read_table(table);
}

Result<WorkloadFile> read_workload_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored) || !std::ifstream(path))
    return Status(StatusCode::not_found, fmt::format("{}: no such workload file", path));
  MEMO_ASSIGN_OR_RETURN(const TomlTable table, TomlTable::load(path));
  return read_table(table);
}

Result<WorkloadFile> find_workload(const std::string& name_or_path) {
  std::vector<std::string> names;
  for (const ShippedWorkload& shipped : shipped_workloads()) {
    if (name_or_path == shipped.name) return read_workload(shipped.text, name_or_path + ".toml");
    names.emplace_back(shipped.name);
  }
  auto file = read_workload_file(name_or_path);
  if (file || file.status().code() != StatusCode::not_found) return file;
  return Status(StatusCode::not_found, fmt::format("{} is neither a file nor one of the workloads {}",
                                                   name_or_path, fmt::join(names, ", ")));
}

}  // namespace memo
