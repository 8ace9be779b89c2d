// Reading workload files: the one seam for toml11's exceptions.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <toml.hpp>

#include "memo/types.h"
#include "tools/memo-bench/store_workload.h"

namespace memo {
namespace {

constexpr std::int64_t kMostMemos = 100'000'000;
constexpr std::int64_t kMostClients = 64;
constexpr std::int64_t kMostBatch = 1024;
constexpr std::int64_t kMostOperations = 1'000'000'000;

// A workload file's table. Reads leave `value` as it is where the key is absent.
class WorkloadTable {
 public:
  WorkloadTable(const std::string& path, const toml::value& table) : path_(path), table_(table) {}

  template <typename Integer>
  Status integer(const std::string& key, std::int64_t low, std::int64_t high, Integer& value) {
    const toml::value* found = take(key);
    if (found == nullptr) return Status::ok();
    if (!is_integer(*found, low, high)) return refuse(key, fmt::format("an integer from {} to {}", low, high));
    value = static_cast<Integer>(found->as_integer());
    return Status::ok();
  }
  // An integer, or an array of ascending ones.
  template <typename Integer>
  Status integers(const std::string& key, std::int64_t low, std::int64_t high, std::vector<Integer>& values) {
    const toml::value* found = take(key);
    if (found == nullptr) return Status::ok();
    const toml::array entries = found->is_array() ? found->as_array() : toml::array{*found};
    std::vector<Integer> read;
    for (const toml::value& entry : entries) {
      if (!is_integer(entry, low, high) ||
          (!read.empty() && entry.as_integer() <= static_cast<std::int64_t>(read.back())))
        return refuse(key, fmt::format("an integer from {} to {}, or an array of ascending ones", low, high));
      read.push_back(static_cast<Integer>(entry.as_integer()));
    }
    if (read.empty()) return refuse(key, "an integer, or an array with at least one");
    values = std::move(read);
    return Status::ok();
  }
  Status number(const std::string& key, double low, double high, double& value) {
    const toml::value* found = take(key);
    if (found == nullptr) return Status::ok();
    const double read = found->is_integer()    ? static_cast<double>(found->as_integer())
                        : found->is_floating() ? found->as_floating()
                                               : -1;
    if (!(read >= low && read <= high)) return refuse(key, fmt::format("a number from {} to {}", low, high));
    value = read;
    return Status::ok();
  }
  Status text(const std::string& key, std::string& value) {
    const toml::value* found = take(key);
    if (found == nullptr) return Status::ok();
    if (!found->is_string() || found->as_string().str.empty()) return refuse(key, "text in quotes");
    value = found->as_string().str;
    return Status::ok();
  }
  Status flag(const std::string& key, bool& value) {
    const toml::value* found = take(key);
    if (found == nullptr) return Status::ok();
    if (!found->is_boolean()) return refuse(key, "true or false");
    value = found->as_boolean();
    return Status::ok();
  }

  bool has(const std::string& key) const { return table_.contains(key); }
  Status refuse(const std::string& key, const std::string& allowed) const {
    const toml::value& value = table_.at(key);
    return {StatusCode::invalid_argument, fmt::format("{}:{}: {} is {}, must be {}", path_,
                                                      value.location().line(), key, shown(value), allowed)};
  }
  // Errors: the first key that nobody has asked for.
  Status nothing_else() const {
    for (const auto& [key, value] : table_.as_table())
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        return {StatusCode::invalid_argument, fmt::format("{}:{}: unknown key \"{}\", known are: {}", path_,
                                                          value.location().line(), key, fmt::join(known_, ", "))};
    return Status::ok();
  }

 private:
  const toml::value* take(const std::string& key) {
    known_.push_back(key);
    return table_.contains(key) ? &table_.at(key) : nullptr;
  }
  static bool is_integer(const toml::value& value, std::int64_t low, std::int64_t high) {
    return value.is_integer() && value.as_integer() >= low && value.as_integer() <= high;
  }
  static std::string shown(const toml::value& value) {
    if (value.is_string()) return fmt::format("\"{}\"", value.as_string().str);
    if (value.is_integer()) return fmt::format("{}", value.as_integer());
    if (value.is_floating()) return fmt::format("{}", value.as_floating());
    if (value.is_boolean()) return value.as_boolean() ? "true" : "false";
    return value.is_array() ? "an array" : value.is_table() ? "a table" : "a date";
  }

  const std::string& path_;
  const toml::value& table_;
  std::vector<std::string> known_;
};

Status read_lookup_kind(WorkloadTable& table, LookupKind& kind) {
  std::string name(to_string(kind));
  MEMO_RETURN_IF_ERROR(table.text("lookup", name));
  if (name != "exact" && name != "similar") return table.refuse("lookup", "\"exact\" or \"similar\"");
  kind = name == "exact" ? LookupKind::exact : LookupKind::similar;
  return Status::ok();
}

Status read_store(WorkloadTable& table, WorkloadFile& file) {
  Workload& workload = file.workload;
  MEMO_RETURN_IF_ERROR(table.integers("memos", 1, kMostMemos, file.memos));
  MEMO_RETURN_IF_ERROR(table.integer("payload_bytes", 8, kMaxPayloadBytes, workload.payload_bytes));
  if (workload.payload_bytes % 8 != 0) return table.refuse("payload_bytes", "a multiple of 8");
  return table.integer("feature_dimension", 32, kMaxFeatureDimension, workload.feature_dimension);
}

Status read_traffic(WorkloadTable& table, WorkloadFile& file) {
  Workload& workload = file.workload;
  MEMO_RETURN_IF_ERROR(read_lookup_kind(table, workload.lookup));
  MEMO_RETURN_IF_ERROR(table.number("hit_ratio", 0, 1, workload.hit_ratio));
  MEMO_RETURN_IF_ERROR(table.integer("batch", 1, kMostBatch, workload.batch));
  MEMO_RETURN_IF_ERROR(table.integers("clients", 1, kMostClients, file.clients));
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

Status read_length(WorkloadTable& table, Workload& workload) {
  MEMO_RETURN_IF_ERROR(table.number("seconds", 0.01, 3600, workload.seconds));
  MEMO_RETURN_IF_ERROR(table.integer("operations", 1, kMostOperations, workload.operations));
  if (table.has("seconds") && table.has("operations"))
    return table.refuse("operations", "absent where seconds end a round");
  if (workload.publish_share > 0 && !table.has("operations"))
    return table.refuse("publish_share",
                        "0, or operations must be given: the store has to have room for all memos");
  if (table.has("operations")) workload.seconds = 0;
  return Status::ok();
}

Result<WorkloadFile> read_table(const toml::value& parsed, const std::string& path) {
  WorkloadFile file;
  file.memos = {file.workload.memos};
  file.clients = {file.workload.clients};
  file.workload.name = std::filesystem::path(path).stem().string();
  WorkloadTable table(path, parsed);
  MEMO_RETURN_IF_ERROR(table.text("name", file.workload.name));
  MEMO_RETURN_IF_ERROR(table.text("shows", file.workload.shows));
  MEMO_RETURN_IF_ERROR(read_store(table, file));
  MEMO_RETURN_IF_ERROR(read_traffic(table, file));
  MEMO_RETURN_IF_ERROR(read_length(table, file.workload));
  MEMO_RETURN_IF_ERROR(table.nothing_else());
  return file;
}

}  // namespace

Result<WorkloadFile> read_workload(const std::string& text, const std::string& path) {
  try {
    std::istringstream stream(text);
    return read_table(toml::parse(stream, path), path);
  } catch (const toml::exception& error) {
    return Status(StatusCode::invalid_argument,
                  fmt::format("{}:{}: not valid TOML", path, error.location().line()));
  } catch (const std::exception&) {
    return Status(StatusCode::invalid_argument, fmt::format("{}: cannot be read as TOML", path));
  }
}

Result<WorkloadFile> read_workload_file(const std::string& path) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(path, ignored) || !file)
    return Status(StatusCode::not_found, fmt::format("{}: no such workload file", path));
  std::ostringstream text;
  text << file.rdbuf();
  return read_workload(text.str(), path);
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
