// The page and the pictures of memo-bench paper, from figures that were made up.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-bench/common/machine.h"
#include "tools/memo-bench/common/markdown_table.h"
#include "tools/memo-bench/paper/page/paper_page.h"
#include "tools/memo-bench/paper/page/paper_plots.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

Json interval(double mean) {
  return {{"mean", mean}, {"low", mean - 1}, {"high", mean + 1}};
}

Json threshold_row(const std::string& name, double rate) {
  return {{"name", name},
          {"max_distance", {0.1, 0.2}},
          {"predicted_similarity", 0.75},
          {"read_similarity", 0.77},
          {"rate", rate},
          {"rate_by_key", 0.02},
          {"rate_by_layer", {rate, rate}},
          {"accuracy", 95.5},
          {"lost", interval(0.4)},
          {"cosine", 0.98765},
          {"cosine_p05", 0.9},
          {"plain_us", 14000},
          {"memoized_us", 13000},
          {"saved", interval(0.07)}};
}

Json threshold() {
  Json rows = Json::array({threshold_row("the same text only", 0.02), threshold_row("similarity ≥ 0.9", 0.111),
                           threshold_row("any map", 0.999)});
  rows[1]["similarity"] = 0.9;
  return {{"texts", 1000},
          {"repeats", 37},
          {"plain", {{"accuracy", 96}}},
          {"rows", rows},
          {"published",
           {{{"similarity", 0.9}, {"rate", 0.14}, {"lost", 1.0}},
            {{"similarity", 0.8}, {"rate", 0.42}, {"lost", 1.5}},
            {{"similarity", 0}, {"rate", 1}, {"lost", 9.3}}}}};
}

Json latency() {
  Json measured{{"model", "minilm"}, {"dtype", "f32"}, {"threads", 2},
                {"batch", 8},        {"length", 128},  {"limit", 0.25}};
  measured["plain"] = {{"wall_ms", 100.0}};
  for (const char* mode : {"fixed", "hit", "mixed"}) measured[mode] = {{"wall_ms", 80.0}, {"saved", 0.2}};
  return {{"rounds", 3}, {"cases", Json::array({measured})}};
}

Json size() {
  const Json row{{"texts", 125},
                 {"maps", 750},
                 {"pool_bytes", 3 << 20},
                 {"payload_bytes", 2 << 20},
                 {"nearest", {{"similarity", 0.61}, {"found", 0.98}}},
                 {"average_similarity", 0.62},
                 {"hit_rates", {{{"max_distance", 0.1f}, {"rate", 0.04}, {"similarity", 0.95}}}},
                 {"features_us", 20.5},
                 {"search_us", 10.5}};
  return {{"rows", Json::array({row})}};
}

Json cost() {
  Json runs;
  for (const char* run : {"plain", "by_key", "similar", "miss"})
    runs[run] = {{"total_us", 1000},    {"tokenize_us", 10}, {"features_us", 20}, {"search_us", 30},
                 {"attention_us", 300}, {"values_us", 40},   {"maps_us", 50},     {"publish_us", 60},
                 {"rest_us", 490},      {"hit_share", 1}};
  runs["by_key"]["total_us"] = 800;
  runs["miss"]["attention_us"] = 320;
  return {
      {"types",
       Json::array(
           {{{"dtype", "f32"}, {"texts", 200}, {"mean_tokens", 128}, {"stored_texts", 500}, {"runs", runs}}})}};
}

Json made_up() {
  return {{"machine",
           {{"cpu", "a CPU"},
            {"cores", 2},
            {"caches", {{"L2", "1M"}}},
            {"memory_bytes", 1ull << 33},
            {"kernel", "Linux 6"},
            {"load", 0.25},
            {"load_at_end", 1.5}}},
          {"quick", false},
          {"notes", Json::array({"something was left out"})},
          {"threshold", threshold()},
          {"latency", latency()},
          {"size", size()},
          {"cost", cost()}};
}

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

// Every table's rows have as many cells as its header.
void expect_even_tables(const std::string& page) {
  std::istringstream lines(page);
  std::ptrdiff_t cells = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::ptrdiff_t here = line.rfind("|", 0) == 0 ? std::count(line.begin(), line.end(), '|') : 0;
    if (here != 0 && cells != 0) {
      EXPECT_EQ(here, cells) << line;
    }
    cells = here;
  }
}

TEST(MarkdownTable, NothingIsLessThanNothing) {
  EXPECT_EQ(number_cell(-0.04, 1), "0.0");
  EXPECT_EQ(number_cell(-0.06, 1), "-0.1");
  EXPECT_EQ(per_cent_cell(0.1234), "12.3");
}

TEST(MarkdownTable, AlignsNumbersRight) {
  MarkdownTable sut({"name", "ms"}, 1);
  sut.add({"a", "1"});
  EXPECT_EQ(sut.text(), "| name | ms |\n|---|---:|\n| a | 1 |\n");
}

TEST(Machine, NamesInstructionsForProductsThatNoKernelUses) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(unused_instructions("fpu avx2 avx512f avx512_bf16 amx_bf16 avx_vnni amx_tile amx_int8x"),
            (Names{"amx_bf16", "amx_tile"}));
  EXPECT_EQ(unused_instructions(""), Names{});
  nlohmann::ordered_json machine = machine_json();
  machine["unused_instructions"] = Names{"amx_bf16", "amx_int8"};
  EXPECT_TRUE(has(describe_machine(machine), ", also has amx_bf16 and amx_int8, which no kernel here uses, "));
}

TEST(PaperPage, SaysMachineAndLoadAtItsHead) {
  const std::string page = paper_page(made_up(), {});
  EXPECT_LT(page.find("a CPU, 2 cores"), page.find("## "));
  EXPECT_TRUE(has(page, "load 0.25 when it began, 1.50 when it ended."));
  EXPECT_TRUE(has(page, "- something was left out"));
}

TEST(PaperPage, TablesAreEvenAndPicturesStandInTheirSections) {
  const std::string page = paper_page(made_up(), {"threshold-lost.svg", "cost.svg"});
  expect_even_tables(page);
  EXPECT_LT(page.find("![threshold-lost.svg]"), page.find("## Latency"));
  EXPECT_LT(page.find("## What a text costs"), page.find("![cost.svg]"));
}

TEST(PaperPage, ThePapersRowsStandBesideOurs) {
  const std::string section = threshold_section(threshold());
  EXPECT_TRUE(
      has(section, "1000 test texts, 37 of which are stored word for word; plain labels 96.0 % of them right."));
  EXPECT_TRUE(has(section, "| 0.9 | 14 | 1.0 | 11.1 | 0.4 | 0.988 | 7.0 |"));
  EXPECT_TRUE(has(section, "| 0.0 | 100 | 9.3 | 99.9 |"));
  EXPECT_FALSE(has(section, "| 0.8 | 42 "));  // was not run
}

TEST(PaperPage, WithoutLabelsThereIsNoAccuracy) {
  Json unlabelled = threshold();
  unlabelled.erase("plain");
  for (Json& row : unlabelled["rows"]) {
    row.erase("accuracy");
    row.erase("lost");
  }
  const std::string section = threshold_section(unlabelled);
  EXPECT_FALSE(has(section, "| accuracy, % |"));
  expect_even_tables(section);
}

TEST(PaperPage, CostSaysWhatAPublishIsInHits) {
  const std::string section = cost_section(cost());
  // Encoding 20 and publishing 60, of 200 that a hit saves.
  EXPECT_TRUE(has(section, "So encoding and publishing cost 0.40 of what a hit by key saves."));
}

TEST(PaperPage, WhatWasNotRunHasNoSection) {
  Json only = made_up();
  for (const char* experiment : {"threshold", "latency", "cost"}) only.erase(experiment);
  only["interrupted"] = true;
  const std::string page = paper_page(only, {});
  EXPECT_TRUE(has(page, "## Size of the database"));
  EXPECT_FALSE(has(page, "## Latency"));
  EXPECT_TRUE(has(page, "interrupted"));
}

TEST(PaperPage, ExperimentsWithoutACompleteRowSaySo) {
  EXPECT_TRUE(has(size_section({{"rows", Json::array()}}), "No size was complete."));
  EXPECT_TRUE(has(latency_section({{"rounds", 1}, {"cases", Json::array()}}), "No case was complete."));
}

TEST(PaperPlots, EveryExperimentIsDrawn) {
  const test::TempDir folder;
  const auto files = write_paper_plots(made_up(), folder.path());
  ASSERT_TRUE(files) << files.status().message();
  EXPECT_EQ(*files, (std::vector<std::string>{"threshold-lost.svg", "threshold-saved.svg", "latency.svg",
                                              "size.svg", "cost.svg"}));
  for (const std::string& file : *files) {
    const std::string svg = test::read_file(folder.file(file));
    EXPECT_TRUE(has(svg, "</svg>")) << file;
    EXPECT_FALSE(has(svg, "nan") || has(svg, "inf")) << file;
  }
}

TEST(PaperPlots, NothingIsDrawnOfNothing) {
  const test::TempDir folder;
  Json nothing = made_up();
  for (const char* experiment : {"threshold", "latency", "cost"}) nothing.erase(experiment);
  nothing["size"]["rows"] = Json::array();
  const auto files = write_paper_plots(nothing, folder.path());
  ASSERT_TRUE(files) << files.status().message();
  EXPECT_TRUE(files->empty());
}

}  // namespace
}  // namespace memo
