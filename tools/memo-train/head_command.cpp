#include "tools/memo-train/head_command.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>
#include <set>

#include "tools/common/head.h"
#include "tools/common/json_lines.h"
#include "tools/memo-train/logistic.h"

namespace memo {
namespace {

struct Samples {
  std::vector<std::vector<float>> embeddings;
  std::vector<std::string> labels;
};

// A label may be a string, a number or a boolean; ids too.
std::string as_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

template <typename Visit>
Status for_each_line(const std::string& path, const Visit& visit) {
  Result<JsonLineReader> reader = JsonLineReader::open(path);
  if (!reader) return reader.status();
  for (;;) {
    const Result<std::optional<JsonLine>> line = reader->next();
    if (!line) return line.status();
    if (!line->has_value()) return Status::ok();
    MEMO_RETURN_IF_ERROR(visit(*reader, **line));
  }
}

Result<std::map<std::string, std::string>> read_labels(const HeadOptions& options) {
  std::map<std::string, std::string> labels;
  MEMO_RETURN_IF_ERROR(for_each_line(options.labels, [&](const JsonLineReader& reader, const JsonLine& line) {
    const auto id = line.object.find(options.id_field);
    const auto label = line.object.find(options.label_field);
    if (label == line.object.end())
      return reader.error_at(line.number, fmt::format("has no field \"{}\"", options.label_field));
    const nlohmann::json key = id != line.object.end() ? *id : nlohmann::json(line.number);
    if (!label->is_null()) labels[as_text(key)] = as_text(*label);
    return Status::ok();
  }));
  return labels;
}

Status add_sample(const JsonLineReader& reader, const JsonLine& line,
                  const std::map<std::string, std::string>& labels, Samples& samples) {
  try {
    const auto label = labels.find(as_text(line.object.at("id")));
    if (label == labels.end()) return Status::ok();
    samples.embeddings.push_back(line.object.at("embedding"));
    samples.labels.push_back(label->second);
  } catch (const nlohmann::json::exception&) {
    return reader.error_at(line.number, "has no id and embedding as memo-infer writes them");
  }
  const std::size_t width = samples.embeddings.front().size();
  if (width > 0 && samples.embeddings.back().size() == width) return Status::ok();
  return reader.error_at(line.number, fmt::format("the embedding has {} numbers, the first has {}",
                                                  samples.embeddings.back().size(), width));
}

Result<Samples> read_samples(const HeadOptions& options) {
  const auto labels = read_labels(options);
  if (!labels) return labels.status();
  Samples samples;
  MEMO_RETURN_IF_ERROR(for_each_line(options.embeddings, [&](const JsonLineReader& reader, const JsonLine& line) {
    return add_sample(reader, line, *labels, samples);
  }));
  if (samples.labels.empty())
    return Status(StatusCode::invalid_argument, fmt::format("no text of {} has a label in {}: do the ids agree?",
                                                            options.embeddings, options.labels));
  return samples;
}

at::Tensor as_matrix(const std::vector<std::vector<float>>& rows) {
  const auto width = static_cast<std::int64_t>(rows.front().size());
  at::Tensor matrix = at::empty({static_cast<std::int64_t>(rows.size()), width}, at::kFloat);
  float* target = matrix.data_ptr<float>();
  for (const std::vector<float>& row : rows) target = std::copy(row.begin(), row.end(), target);
  return matrix.to(at::kDouble);
}

at::Tensor is_label(const std::vector<std::string>& labels, const std::string& label) {
  at::Tensor positive = at::zeros({static_cast<std::int64_t>(labels.size())}, at::kDouble);
  for (std::size_t i = 0; i < labels.size(); ++i) positive.data_ptr<double>()[i] = labels[i] == label ? 1 : 0;
  return positive;
}

// Fitted on features of mean 0 and deviation 1, so that one l2 suits embeddings of any scale; the result is
// expressed in the embeddings' own scale.
HeadClass fit_class(const Samples& samples, const at::Tensor& matrix, const std::string& label, double l2) {
  const at::Tensor mean = matrix.mean(0);
  const at::Tensor deviation = at::clamp_min((matrix - mean).pow(2).mean(0).sqrt(), 1e-12);
  const LogisticFit fit = fit_logistic((matrix - mean) / deviation, is_label(samples.labels, label), l2);
  const at::Tensor weight = fit.weight / deviation;
  const at::Tensor stored = weight.to(at::kFloat).contiguous();
  HeadClass result;
  result.label = label;
  result.weight.assign(stored.data_ptr<float>(), stored.data_ptr<float>() + stored.numel());
  result.bias = static_cast<float>(fit.bias - at::dot(weight, mean).item<double>());
  return result;
}

double accuracy(const Head& head, const Samples& samples) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < samples.labels.size(); ++i)
    right += head.predict(samples.embeddings[i]).label == samples.labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(samples.labels.size());
}

}  // namespace

void HeadOptions::add_to(CLI::App& command) {
  command.add_option("--embeddings", embeddings, "Embeddings, as memo-infer writes them")
      ->type_name("FILE.jsonl")
      ->required();
  command
      .add_option("--labels", labels,
                  "Labels, one JSON object a line; a text without a label (or null) is left out")
      ->type_name("FILE.jsonl")
      ->required();
  command.add_option("--label-field", label_field, "Field with the label")->capture_default_str();
  command.add_option("--id-field", id_field, "Field of the labels' file with the id")->capture_default_str();
  command.add_option("--output", output, "Where the head goes")->type_name("FILE.json")->required();
  command.add_option("--l2", l2, "Penalty on the squared weights of standardized embeddings")
      ->check(CLI::Range(1e-6, 1e9))
      ->capture_default_str();
}

Status train_head(const HeadOptions& options) {
  const Result<Samples> samples = read_samples(options);
  if (!samples) return samples.status();
  const std::set<std::string> labels(samples->labels.begin(), samples->labels.end());
  if (labels.size() < 2)
    return {StatusCode::invalid_argument,
            fmt::format("{}: all labels are \"{}\": nothing to tell apart", options.labels, *labels.begin())};
  const at::Tensor matrix = as_matrix(samples->embeddings);
  Head head;
  for (const std::string& label : labels) head.classes.push_back(fit_class(*samples, matrix, label, options.l2));
  MEMO_RETURN_IF_ERROR(head.save(options.output));
  fmt::print("{} texts, {} labels, training accuracy {:.2f} %\n", samples->labels.size(), labels.size(),
             100 * accuracy(head, *samples));
  return Status::ok();
}

}  // namespace memo
