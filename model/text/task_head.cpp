#include "model/text/task_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "embed/files/output_file.h"
#include "embed/json/json_text.h"

namespace memo {
namespace {

constexpr char kFormat[] = "memo-head";
constexpr int kVersion = 1;
constexpr std::size_t kMaxBytes = 64 << 20;

double score_of(const TaskHeadClass& entry, std::span<const float> embedding) {
  double sum = entry.bias;
  for (std::size_t i = 0; i < embedding.size(); ++i) sum += static_cast<double>(entry.weight[i]) * embedding[i];
  return 1 / (1 + std::exp(-sum));
}

// Throws nlohmann::json::exception where a field is missing or of another type.
TaskHead head_from_json(const nlohmann::json& json) {
  TaskHead head;
  for (const nlohmann::json& entry : json.at("classes"))
    head.classes.push_back({entry.at("label"), entry.at("weight"), entry.at("bias")});
  return head;
}

Status check(const TaskHead& head, std::size_t hidden, const std::string& path) {
  if (head.classes.empty()) return {StatusCode::corrupt, fmt::format("{}: has no classes", path)};
  for (const TaskHeadClass& entry : head.classes)
    if (entry.weight.size() != hidden)
      return {StatusCode::invalid_argument,
              fmt::format("{}: fitted for embeddings of {} numbers, the model's have {}", path,
                          entry.weight.size(), hidden)};
  return Status::ok();
}

}  // namespace

Result<TaskHead> TaskHead::load(const std::string& path, std::size_t hidden) {
  MEMO_ASSIGN_OR_RETURN(const nlohmann::json json, read_json_file(path, kMaxBytes));
  try {
    if (json.at("format") != kFormat || json.at("version") != kVersion)
      return Status(StatusCode::unsupported, fmt::format("{}: not a head of version {}", path, kVersion));
    TaskHead head = head_from_json(json);
    MEMO_RETURN_IF_ERROR(check(head, hidden, path));
    return head;
  } catch (const nlohmann::json::exception& error) {
    return Status(StatusCode::corrupt, fmt::format("{}: not a head: {}", path, error.what()));
  }
}

std::string TaskHead::to_json() const {
  nlohmann::ordered_json json{
      {"format", kFormat}, {"version", kVersion}, {"hidden", classes.front().weight.size()}};
  for (const TaskHeadClass& entry : classes)
    json["classes"].push_back({{"label", entry.label}, {"weight", entry.weight}, {"bias", entry.bias}});
  return json.dump() + "\n";
}

Status TaskHead::save(const std::string& path) const {
  return write_file(path, to_json());
}

std::vector<double> TaskHead::scores(std::span<const float> embedding) const {
  std::vector<double> scores;
  for (const TaskHeadClass& entry : classes) scores.push_back(score_of(entry, embedding));
  return scores;
}

Prediction TaskHead::predict(std::span<const float> embedding) const {
  const std::vector<double> all = scores(embedding);
  const auto best = std::ranges::max_element(all);
  return {classes[static_cast<std::size_t>(best - all.begin())].label, *best};
}

}  // namespace memo
