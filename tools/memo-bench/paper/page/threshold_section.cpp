#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/common/markdown_table.h"
#include "tools/memo-bench/paper/page/paper_page.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kColumns[] =
    "- *threshold*: what a stored map has to be to stand in. A *distance* is that of features, the same in every "
    "layer; a "
    "*similarity* is turned into a distance layer by layer, by what the distances of other texts came to.\n"
    "- *promised*: similarity at the threshold, mean over layers; *found*: mean similarity, to the computed ones, "
    "of the maps "
    "within it that other texts found. Both with the layers' plain inputs.\n"
    "- *read*: share of all maps (texts × layers) that were read and not computed; *by key*: those of them that "
    "were found "
    "under the same text.\n"
    "- *lost*: points of accuracy, with the 95 % interval over texts; the head is fitted to plain embeddings of "
    "training "
    "texts, and neither head nor model is refitted. *cosine*: of a text's embedding to its plain one, mean and "
    "the value that "
    "5 % of texts are below.\n"
    "- *plain* and *memoized*: ms a text, from text to label; *saved*: share of plain's time, with the 95 % "
    "interval over "
    "groups of batches; negative: it takes longer.\n\n";

std::string interval(const Json& figure, double scale) {
  const auto bound = [&](const char* key) { return number_cell(scale * figure.at(key).get<double>(), 1); };
  return fmt::format("{} ({} to {})", bound("mean"), bound("low"), bound("high"));
}

std::string number(const Json& row, const char* key, int decimals, double scale = 1) {
  return number_cell(scale * row.at(key).get<double>(), decimals);
}

std::string rows_table(const Json& threshold) {
  const bool labels = threshold.contains("plain");
  std::vector<std::string> names = {"threshold", "promised", "found", "read, %", "by key, %"};
  if (labels) names.insert(names.end(), {"accuracy, %", "lost, points"});
  names.insert(names.end(), {"cosine", "5 %", "plain, ms", "memoized, ms", "saved, %"});
  MarkdownTable table(names, 1);
  for (const Json& row : threshold.at("rows")) {
    std::vector<std::string> cells = {row.at("name"), number(row, "predicted_similarity", 2),
                                      number(row, "read_similarity", 2), number(row, "rate", 1, 100),
                                      number(row, "rate_by_key", 1, 100)};
    if (labels) cells.insert(cells.end(), {number(row, "accuracy", 1), interval(row.at("lost"), 1)});
    cells.insert(cells.end(),
                 {number(row, "cosine", 3), number(row, "cosine_p05", 3), number(row, "plain_us", 2, 1e-3),
                  number(row, "memoized_us", 2, 1e-3), interval(row.at("saved"), 100)});
    table.add(cells);
  }
  return table.text();
}

std::string layers_table(const Json& rows) {
  std::vector<std::string> names = {"read, % of the texts, in layer"};
  for (std::size_t i = 0; i < rows.at(0).at("rate_by_layer").size(); ++i) names.push_back(fmt::format("{}", i));
  MarkdownTable table(names, 1);
  for (const Json& row : rows) {
    std::vector<std::string> cells = {row.at("name")};
    for (const Json& rate : row.at("rate_by_layer")) cells.push_back(per_cent_cell(rate));
    table.add(cells);
  }
  return table.text();
}

// Our row for the same threshold; null if it was not run. The paper's last row is our "any map".
const Json* same_threshold(const Json& rows, double similarity) {
  for (const Json& row : rows)
    if (row.contains("similarity") && row["similarity"] == similarity) return &row;
  return similarity == 0 ? &rows.back() : nullptr;
}

std::string published_table(const Json& threshold) {
  MarkdownTable table({"threshold on similarity", "the paper: read, %", "lost", "here: read, %", "lost", "cosine",
                       "time saved, %"},
                      1);
  for (const Json& theirs : threshold.at("published")) {
    const Json* ours = same_threshold(threshold.at("rows"), theirs.at("similarity"));
    std::vector<std::string> cells = {number(theirs, "similarity", 1), number(theirs, "rate", 0, 100),
                                      number(theirs, "lost", 1)};
    if (ours == nullptr) continue;
    cells.push_back(number(*ours, "rate", 1, 100));
    cells.push_back(ours->contains("lost") ? number(ours->at("lost"), "mean", 1) : "");
    cells.push_back(number(*ours, "cosine", 3));
    cells.push_back(number(ours->at("saved"), "mean", 1, 100));
    table.add(cells);
  }
  return table.text();
}

}  // namespace

std::string threshold_section(const Json& threshold) {
  std::string text =
      "## Rate and accuracy against threshold\n\nThe paper's Figure 4. Every layer looks up, nothing is "
      "published, and no lookup is left out for being too dear.\n\n";
  text += kColumns;
  text += fmt::format("{} test texts, {} of which are stored word for word{}.\n\n",
                      threshold.at("texts").get<std::uint64_t>(), threshold.at("repeats").get<std::uint64_t>(),
                      threshold.contains("plain") ? fmt::format("; plain labels {:.1f} % of them right",
                                                                threshold["plain"].at("accuracy").get<double>())
                                                  : "");
  text += rows_table(threshold);
  text +=
      "\nA stored map has to be at least as long as the text, so \"any map\" may be a little less than all.\n\n";
  text += layers_table(threshold.at("rows"));
  text +=
      "\nThe paper's row for BERT beside ours: other model, other texts, and its engine's time is not "
      "comparable.\n\n";
  return text + published_table(threshold);
}

}  // namespace memo
