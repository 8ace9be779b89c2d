#include "tools/memo-bench/store/report/table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

#include "tools/memo-bench/common/machine.h"
#include "tools/memo-bench/store/report/goals.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

struct Column {
  const char* name;
  int width;  // on a terminal; negative: aligned left
};
constexpr std::array kColumns = {Column{"workload", -16}, Column{"memos", 8},    Column{"clients", 7},
                                 Column{"store", -10},    Column{"p50 µs", 9},   Column{"p90", 9},
                                 Column{"p99", 9},        Column{"p99.9", 9},    Column{"lookups/s", 10},
                                 Column{"GB/s", 6},       Column{"CPU µs", 13},  Column{"fair", 5},
                                 Column{"recall", 6},     Column{"over peer", 9}};
using Row = std::array<std::string, kColumns.size()>;

std::string time_cell(const Json& times, const char* percentile) {
  const double us = times.at(percentile);
  return fmt::format("{:.{}f}", us, us < 10 ? 2 : us < 1000 ? 1 : 0);
}

// Bytes that were read or published per second, in units of 10^9.
std::string bytes_cell(const Json& figures) {
  const double read = figures.value("read_bytes_per_s", 0.0);
  const double published = figures.contains("publish") ? figures["publish"].at("bytes_per_s").get<double>() : 0;
  const double all = (figures.contains("lookup_us") ? read : 0) + published;
  return all > 0 ? fmt::format("{:.2f}", all / 1e9) : "";
}

Row row_of(const Json& measured, const std::string& name, const Json& figures) {
  Row row;
  row[0] = measured.at("workload");
  row[1] = fmt::format("{}", measured.at("memos").get<std::uint64_t>());
  row[2] = fmt::format("{}", measured.at("clients").get<unsigned>());
  row[3] = name;
  const bool looks_up = figures.contains("lookup_us");
  const Json& times = looks_up ? figures["lookup_us"] : figures.at("publish").at("call_us");
  const char* percentiles[] = {"p50", "p90", "p99", "p999"};
  for (std::size_t i = 0; i < 4; ++i) row[4 + i] = time_cell(times, percentiles[i]);
  if (looks_up) row[8] = fmt::format("{:.0f}", figures.at("lookups_per_s").get<double>());
  row[9] = bytes_cell(figures);
  row[10] = fmt::format("{:.1f}+{:.1f}", figures.at("client_cpu_us").get<double>(),
                        figures.at("server_cpu_us").get<double>());
  row[11] = fmt::format("{:.2f}", figures.at("fairness").get<double>());
  if (name == "memod" && measured.contains("recall"))
    row[12] = fmt::format("{:.3f}", measured["recall"].at("recall_at_1").get<double>());
  if (figures.contains("memod_over_peer"))
    row[13] = fmt::format("{:.3f}", figures["memod_over_peer"].at("p50").get<double>());
  return row;
}

std::vector<Row> rows_of(const Json& measured) {
  std::vector<Row> rows = {row_of(measured, "memod", measured.at("memod"))};
  if (measured.contains("peers"))
    for (const auto& [name, figures] : measured["peers"].items()) rows.push_back(row_of(measured, name, figures));
  return rows;
}

// fmt counts characters, not bytes, so "µ" takes one column.
std::string aligned(const Row& row) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i)
    line += kColumns[i].width < 0 ? fmt::format("{:<{}} ", row[i], -kColumns[i].width)
                                  : fmt::format("{:>{}} ", row[i], kColumns[i].width);
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string piped(const Row& row) {
  std::string line = "|";
  for (const std::string& cell : row) line += " " + cell + " |";
  return line + "\n";
}

Row names() {
  Row row;
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = kColumns[i].name;
  return row;
}

// Lookups that went wrong, which a table of times does not show; empty if none did.
std::string troubles(const Json& measured, const std::string& name, const Json& figures) {
  std::string line;
  for (const char* trouble : {"wrong", "revoked", "failed"})
    if (figures.at(trouble).get<std::uint64_t>() > 0)
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", figures[trouble].get<std::uint64_t>(), trouble);
  if (line.empty()) return line;
  const std::string why = figures.value("failure", "");
  return fmt::format("{} ({} clients), {}: {}{}{}\n", measured.at("workload").get<std::string>(),
                     measured.at("clients").get<unsigned>(), name, line, why.empty() ? "" : ": ", why);
}

std::string all_troubles(const Json& measured) {
  std::string lines = troubles(measured, "memod", measured.at("memod"));
  if (measured.contains("peers"))
    for (const auto& [name, figures] : measured["peers"].items()) lines += troubles(measured, name, figures);
  return lines;
}

std::string markdown_cases(const Json& cases) {
  std::string text = piped(names()) + "|";
  for (const Column& column : kColumns) text += column.width < 0 ? "---|" : "---:|";
  text += "\n";
  for (const Json& measured : cases)
    for (const Row& row : rows_of(measured)) text += piped(row);
  for (const Json& measured : cases)
    if (const std::string trouble = all_troubles(measured); !trouble.empty()) text += "\n" + trouble;
  return text;
}

std::string markdown_daemon(const Json& cases) {
  std::string text =
      "| workload | memos | B/memo beside the pool | of it beside the feature | filled, s | indexed, s | idle CPU "
      "|\n"
      "|---|---:|---:|---:|---:|---:|---:|\n";
  for (const Json& measured : cases) {
    const Json& daemon = measured.at("daemon");
    text += fmt::format("| {} | {} | {:.0f} | {:.0f} | {:.1f} | {:.1f} | {:.2f} % |\n",
                        measured.at("workload").get<std::string>(), measured.at("memos").get<std::uint64_t>(),
                        daemon.at("bytes_per_memo").get<double>(), daemon.at("bytes_beside_feature").get<double>(),
                        daemon.at("fill_s").get<double>(), daemon.at("indexed_s").get<double>(),
                        100 * daemon.at("idle_cpu_share").get<double>());
  }
  return text;
}

}  // namespace

std::string table_header() {
  return aligned(names());
}

std::string table_lines(const Json& measured) {
  std::string lines;
  for (const Row& row : rows_of(measured)) lines += aligned(row);
  return lines + all_troubles(measured);
}

std::string markdown_tables(const Json& result) {
  std::string text =
      fmt::format("<!-- made by memo-bench store --suite; do not edit -->\n\n# Figures of the store\n\n{}.\n\n",
                  describe_machine(result.at("machine")));
  if (result.at("quick") == true) text += "Made with --quick: small stores and short rounds.\n\n";
  for (const Json& note : result.at("notes")) text += "- " + note.get<std::string>() + "\n";
  if (!result.at("notes").empty()) text += "\n";
  text += "## Goals\n\n" + markdown_goals(result.at("cases"));
  text += "\n## Workloads\n\n" + markdown_cases(result.at("cases"));
  text += "\n## The daemon\n\n" + markdown_daemon(result.at("cases"));
  return text;
}

}  // namespace memo
