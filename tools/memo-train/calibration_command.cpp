#include "tools/memo-train/calibration_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <thread>

#include "client/process/progress.h"
#include "embed/files/output_file.h"
#include "memod/store/open_store.h"
#include "model/engine/engine.h"
#include "model/memo/no_store.h"
#include "model/text/loaded_model.h"
#include "tools/common/command_line.h"
#include "tools/common/distinct_files.h"

namespace memo {
namespace {

constexpr std::size_t kRead = 64;  // texts at a time

Result<std::unique_ptr<MemoStore>> choose_store(const std::string& endpoint) {
  if (endpoint == "none") return std::unique_ptr<MemoStore>(std::make_unique<NoStore>());
  return open_store(endpoint, 0);
}

// Lookups stay as they are; nothing is published, and an earlier calibration is ignored.
Result<Policy> load_policy(const std::string& path, std::int64_t layers) {
  Result<Policy> policy = Policy::load(path, layers);
  if (!policy) return policy;
  for (LayerPolicy& layer : policy->layers) layer.publish = false;
  policy->calibration.clear();
  policy->selection = Selection::fixed;  // the cost of lookups does not matter here
  return policy;
}

Result<std::vector<Tokens>> read_tokens(const TextSource& source, const LoadedModel& model, std::uint32_t length) {
  MEMO_ASSIGN_OR_RETURN(TextReader reader, TextReader::open(source));
  std::vector<Tokens> tokens;
  for (;;) {
    MEMO_ASSIGN_OR_RETURN(const std::vector<Text> texts, reader.next(kRead));
    if (texts.empty()) return tokens;
    for (const Text& text : texts) tokens.push_back(model.encode(text.text, length));
  }
}

Result<CalibratedModel> calibrate_with_progress(MemoPlan& plan, const std::vector<Tokens>& texts,
                                                const CalibrationOptions& options) {
  Progress progress("calibrating");
  return calibrate(plan, texts, options, [&](double fraction) { progress.update(fraction, texts.size()); });
}

void print_report(const CalibrationReport& report, std::FILE* stream) {
  for (const MatrixReport& matrix : report.matrices)
    if (matrix.refitted)
      print_to(stream, "layer {} {:<16} error {:.4f} -> {:.4f}, ridge {:g}\n", matrix.layer, matrix.matrix,
               matrix.error_before, matrix.error_after, matrix.ridge);
  print_to(stream, "{} texts, {} of them held out: mean cosine to plain {:.4f} before, {:.4f} after\n",
           report.texts, report.held_out, report.cosine_before, report.cosine_after);
}

}  // namespace

void CalibrationCommandOptions::add_to(CLI::App& command) {
  source.limit = 2000;
  calibration.threads = std::max(1u, std::thread::hardware_concurrency());
  command.add_option("--model", model, "The model's folder")->type_name("DIR")->required();
  command.add_option("--policy", policy, "What each layer does")->type_name("FILE.toml")->required();
  command.add_option("--input", source.path, "Texts, one JSON object a line")->type_name("FILE.jsonl")->required();
  command.add_option("--text-field", source.text_field, "Field with the text")->capture_default_str();
  command.add_option("--limit", source.limit, "Use the first N texts only; 0: all")->capture_default_str();
  command
      .add_option("--memo", memo,
                  "Where lookups find memos: none, file:PATH or unix:PATH; nothing is published there")
      ->capture_default_str();
  command.add_option("--dtype", dtype, "Number format of products")
      ->check(CLI::IsMember(data_type_names()))
      ->capture_default_str();
  command.add_option("--threads", calibration.threads, "Worker threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--spill", calibration.spill_folder, "Folder for a temporary file of some GiB")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_option("--output", output, "Where the refitted weights go")
      ->type_name("FILE.safetensors")
      ->required();
  require_distinct_files(command, [this] {
    std::vector<NamedPath> files = model_files("--model", model);
    files.push_back(NamedPath::input("--policy", policy));
    files.push_back(NamedPath::input("--input", source.path));
    files.push_back(pool_file("--memo", memo));
    files.push_back(NamedPath::output("--output", output));
    return files;
  });
}

Status train_calibration(const CalibrationCommandOptions& options) {
  MEMO_RETURN_IF_ERROR(check_output(options.output));
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  MEMO_ASSIGN_OR_RETURN(Policy policy, load_policy(options.policy, model.checkpoint.config.layers));
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<MemoStore> store, choose_store(options.memo));
  const DataType type = supported_type(data_type_named(options.dtype).value());
  const std::uint32_t length = policy.length;
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<MemoPlan> plan,
                        MemoPlan::make(model.checkpoint, type, std::move(policy), *store));
  MEMO_ASSIGN_OR_RETURN(const std::vector<Tokens> texts, read_tokens(options.source, model, length));
  MEMO_ASSIGN_OR_RETURN(const CalibratedModel calibrated,
                        calibrate_with_progress(*plan, texts, options.calibration));
  MEMO_RETURN_IF_ERROR(calibrated.calibration.save(options.output));
  print_report(calibrated.report, report_stream({options.output}));
  return Status::ok();
}

}  // namespace memo
