#include <fmt/format.h>

#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

void fact(std::string_view name, std::string_view value, Html& page) {
  page.open("tr");
  page.element("td", name);
  page.element("td", value.empty() ? "–" : value);
  page.close("tr");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void write_facts(const ProfileResult& result, Html& page) {
  const ProfileSetting& setting = result.setting;
  page.markup("<table class='facts'><tbody>\n");
  fact("Model", setting.model, page);
  fact("Fingerprint", setting.fingerprint, page);
  fact("Layers, heads", fmt::format("{}, {}", setting.layers, setting.heads), page);
  fact("Texts", setting.input, page);
  fact("Labels", setting.classes.empty() ? "none" : joined(setting.classes), page);
  fact("Budget",
       result.budget.labels ? fmt::format("{} points of accuracy", points(result.budget.points))
                            : fmt::format("mean cosine of {}", similarity_text(result.budget.cosine)),
       page);
  fact("Length",
       fmt::format("texts are cut to {}; {} on average", counted(setting.length, "token"),
                   fixed_point(setting.mean_tokens, 1)),
       page);
  fact("Batch", counted(setting.batch, "text"), page);
  fact("Threads", std::to_string(setting.threads), page);
  fact("Number format", setting.dtype, page);
  fact("Machine", setting.machine, page);
  fact("Seed", std::to_string(setting.seed), page);
  page.markup("</tbody></table>\n");
}

void write_limits(const ProfileResult& result, Html& page) {
  page.element("h3", "What these figures cannot say");
  page.open("ul");
  const auto limit = [&](std::string_view text) { page.element("li", text); };
  limit(
      "They hold for this machine, number of threads, batch and length, while nothing else runs. Profile again "
      "where "
      "one of these changes.");
  limit(
      "They hold for texts like the sample. Texts of another kind, or of another time, may lose more; fixed maps "
      "are "
      "averages of the sample's.");
  limit(
      "What the candidates save was measured on some of the validation texts. The test alone was measured on "
      "all its texts.");
  limit(
      "How often lookups hit depends on how much is stored and how much repeats. Here the validation texts were "
      "looked "
      "up among the training texts; a stream that repeats itself hits more, an empty store less.");
  if (result.budget.labels && result.test.texts > 0)
    limit(fmt::format("Accuracy was tested on {}. Differences smaller than the interval are not known.",
                      counted(result.test.texts, "text")));
  if (!result.budget.labels)
    limit("Without labels, only closeness to the plain model is known, not what it means for your task.");
  limit(
      "One interval in twenty misses the true value. The best of many candidates is partly luck; the test is "
      "there to "
      "show how much.");
  page.close("ul");
  page.note("The method follows AttMEMO (arXiv 2301.09262), with average maps and calibration added.");
}

}  // namespace

void write_setting(const ProfileResult& result, Html& page) {
  page.open_section("setting", "How this was measured");
  write_facts(result, page);
  write_limits(result, page);
  page.close_section();
}

}  // namespace memo
