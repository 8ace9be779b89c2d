#include "tools/common/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "embed/json_text.h"
#include "embed/output_file.h"

namespace memo {
namespace {

constexpr char kFormat[] = "memo-head";
constexpr int kVersion = 1;
constexpr std::size_t kMaxBytes = 64 << 20;

double score_of(const HeadClass& entry, std::span<const float> embedding) {
  double sum = entry.bias;
  for (std::size_t i = 0; i < embedding.size(); ++i) sum += static_cast<double>(entry.weight[i]) * embedding[i];
  return 1 / (1 + std::exp(-sum));
}

// Throws nlohmann::json::exception where a field is missing or of another type.
Head head_from_json(const nlohmann::json& json) {
  Head head;
  for (const nlohmann::json& entry : json.at("classes"))
    head.classes.push_back({entry.at("label"), entry.at("weight"), entry.at("bias")});
  return head;
}

Status check(const Head& head, std::size_t hidden, const std::string& path) {
  if (head.classes.empty()) return {StatusCode::corrupt, fmt::format("{}: has no classes", path)};
  for (const HeadClass& entry : head.classes)
    if (entry.weight.size() != hidden)
      return {StatusCode::invalid_argument,
              fmt::format("{}: fitted for embeddings of {} numbers, the model's have {}", path,
                          entry.weight.size(), hidden)};
  return Status::ok();
}

}  // namespace

Result<Head> Head::load(const std::string& path, std::size_t hidden) {
  MEMO_ASSIGN_OR_RETURN(const nlohmann::json json, read_json_file(path, kMaxBytes));
  try {
    if (json.at("format") != kFormat || json.at("version") != kVersion)
      return Status(StatusCode::unsupported, fmt::format("{}: not a head of version {}", path, kVersion));
    Head head = head_from_json(json);
    MEMO_RETURN_IF_ERROR(check(head, hidden, path));
    return head;
  } catch (const nlohmann::json::exception& error) {
    return Status(StatusCode::corrupt, fmt::format("{}: not a head: {}", path, error.what()));
  }
}

std::string Head::to_json() const {
  nlohmann::ordered_json json{
      {"format", kFormat}, {"version", kVersion}, {"hidden", classes.front().weight.size()}};
  for (const HeadClass& entry : classes)
    json["classes"].push_back({{"label", entry.label}, {"weight", entry.weight}, {"bias", entry.bias}});
  return json.dump() + "\n";
}

Status Head::save(const std::string& path) const {
  return write_file(path, to_json());
}

std::vector<double> Head::scores(std::span<const float> embedding) const {
  std::vector<double> scores;
  for (const HeadClass& entry : classes) scores.push_back(score_of(entry, embedding));
  return scores;
}

Prediction Head::predict(std::span<const float> embedding) const {
  const std::vector<double> all = scores(embedding);
  const auto best = std::ranges::max_element(all);
  return {classes[static_cast<std::size_t>(best - all.begin())].label, *best};
}

}  // namespace memo
