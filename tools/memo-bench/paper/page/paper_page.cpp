#include "tools/memo-bench/paper/page/paper_page.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/common/machine.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kOpening[] =
    "<!-- made by memo-bench paper --suite; do not edit -->\n\n# The experiments of AttMEMO\n\n"
    "What [AttMEMO](https://arxiv.org/abs/2301.09262) measured, on this engine and machine. Plain is the same "
    "engine "
    "without memos, in the same run; [engine.md](../engine.md) has it beside other engines. Every time includes "
    "what "
    "memoization costs: features, searches, reading maps, misses. A map's similarity to another is 1 less the "
    "mean total "
    "variation of their rows.\n\n";

std::string machine_line(const Json& machine) {
  std::string line = describe_machine(machine);
  if (machine.contains("load_at_end"))
    line += fmt::format(", {:.2f} when it ended", machine["load_at_end"].get<double>());
  return line + ".\n\n";
}

std::string setting_line(const Json& setting) {
  const auto number = [&](const char* key) { return setting.at(key).get<std::uint64_t>(); };
  return fmt::format(
      "Experiments on texts: {} in {} ({} kernels); {} texts of {}, cut at {} tokens (mean {:.0f}), batches of {} "
      "on {} "
      "threads, seed {}. Maps of {} texts are stored; {} others say what distances mean; {} more are tested.\n\n",
      setting.at("model").get<std::string>(), setting.at("dtype").get<std::string>(),
      setting.at("kernels").get<std::string>(), number("texts"), setting.at("input").get<std::string>(),
      number("length"), setting.at("mean_tokens").get<double>(), number("batch"), number("threads"),
      number("seed"), number("stored_texts"), number("probed_texts"), number("test_texts"));
}

std::string notes_of(const Json& result) {
  std::string text;
  if (result.value("quick", false)) text += "- Made with --quick: few texts and one round.\n";
  if (result.value("interrupted", false)) text += "- The run was interrupted: what was complete is here.\n";
  for (const Json& note : result.at("notes")) text += "- " + note.get<std::string>() + "\n";
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string paper_page(const Json& result, const std::vector<std::string>& pictures) {
  std::string text = kOpening + machine_line(result.at("machine"));
  if (result.contains("setting")) text += setting_line(result["setting"]);
  text += notes_of(result);
  const auto add = [&](const std::string& experiment, std::string (*section)(const Json&)) {
    if (!result.contains(experiment)) return;
    text += section(result[experiment]);
    for (const std::string& file : pictures)
      if (file.rfind(experiment, 0) == 0) text += fmt::format("\n![{}]({})\n", file, file);
    text += "\n";
  };
  add("threshold", threshold_section);
  add("latency", latency_section);
  add("size", size_section);
  add("cost", cost_section);
  text.pop_back();
  return text;
}

}  // namespace memo
