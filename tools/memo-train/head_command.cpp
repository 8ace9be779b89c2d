#include "tools/memo-train/head_command.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "embed/json/json_lines.h"
#include "model/tuning/training/head_fit.h"
#include "tools/common/command_line.h"
#include "tools/common/distinct_files.h"

namespace memo {
namespace {

struct Samples {
  std::vector<std::vector<float>> embeddings;
  std::vector<std::string> labels;
};

template <typename Visit>
Status for_each_line(const std::string& path, const Visit& visit) {
  MEMO_ASSIGN_OR_RETURN(JsonLineReader reader, JsonLineReader::open(path));
  for (;;) {
    MEMO_ASSIGN_OR_RETURN(const std::optional<JsonLine> line, reader.next());
    if (!line.has_value()) return Status::ok();
    MEMO_RETURN_IF_ERROR(visit(reader, *line));
  }
}

Result<std::map<std::string, std::string>> read_labels(const HeadOptions& options) {
  std::map<std::string, std::string> labels;
  MEMO_RETURN_IF_ERROR(for_each_line(options.labels, [&](const JsonLineReader& reader, const JsonLine& line) {
    const std::optional<std::string_view> id = line.raw(options.id_field);
    const std::optional<std::string_view> label = line.raw(options.label_field);
    if (!label)
      return reader.error_at(line, options.label_field, fmt::format("has no field \"{}\"", options.label_field));
    // A label may be a string, a number or a boolean.
    if (*label != "null") labels[id ? text_of_json(*id) : std::to_string(line.number())] = text_of_json(*label);
    return Status::ok();
  }));
  return labels;
}

Status add_sample(const JsonLineReader& reader, const JsonLine& line,
                  const std::map<std::string, std::string>& labels, Samples& samples) {
  const std::optional<std::string_view> id = line.raw("id");
  const nlohmann::json embedding = line.value("embedding");
  const bool are_numbers =
      embedding.is_array() &&
      std::all_of(embedding.begin(), embedding.end(), [](const auto& value) { return value.is_number(); });
  if (!id || !are_numbers)
    return reader.error_at(line, "embedding", "has no id and embedding as memo-infer writes them");
  const auto label = labels.find(text_of_json(*id));
  if (label == labels.end()) return Status::ok();
  samples.embeddings.push_back(embedding);
  samples.labels.push_back(label->second);
  const std::size_t width = samples.embeddings.front().size();
  if (width > 0 && samples.embeddings.back().size() == width) return Status::ok();
  return reader.error_at(
      line, "embedding",
      fmt::format("the embedding has {} numbers, the first has {}", samples.embeddings.back().size(), width));
}

Result<Samples> read_samples(const HeadOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto labels, read_labels(options));
  Samples samples;
  MEMO_RETURN_IF_ERROR(for_each_line(options.embeddings, [&](const JsonLineReader& reader, const JsonLine& line) {
    return add_sample(reader, line, labels, samples);
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

// [texts]: the index of each text's label among the classes.
std::vector<std::size_t> label_indices(const std::vector<std::string>& labels,
                                       const std::vector<std::string>& classes) {
  std::vector<std::size_t> indices;
  for (const std::string& label : labels)
    indices.push_back(
        static_cast<std::size_t>(std::lower_bound(classes.begin(), classes.end(), label) - classes.begin()));
  return indices;
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
  require_distinct_files(command, [this] {
    return std::vector{NamedPath::input("--embeddings", embeddings), NamedPath::input("--labels", labels),
                       NamedPath::output("--output", output)};
  });
}

Status train_head(const HeadOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const Samples samples, read_samples(options));
  const std::set<std::string> sorted(samples.labels.begin(), samples.labels.end());
  const std::vector<std::string> classes(sorted.begin(), sorted.end());
  if (classes.size() < 2)
    return {StatusCode::invalid_argument,
            fmt::format("{}: all labels are \"{}\": nothing to tell apart", options.labels, classes.front())};
  const at::Tensor matrix = as_matrix(samples.embeddings);
  const std::vector<std::size_t> labels = label_indices(samples.labels, classes);
  const TaskHead head = fit_head(matrix, labels, classes, options.l2);
  MEMO_RETURN_IF_ERROR(head.save(options.output));
  const std::vector<bool> right = right_answers(head, matrix, labels, classes);
  print_to(report_stream({options.output}), "{} texts, {} labels, training accuracy {:.2f} %\n", labels.size(),
           classes.size(),
           100.0 * static_cast<double>(std::count(right.begin(), right.end(), true)) /
               static_cast<double>(right.size()));
  return Status::ok();
}

}  // namespace memo
