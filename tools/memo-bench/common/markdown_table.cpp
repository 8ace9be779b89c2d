#include "tools/memo-bench/common/markdown_table.h"

#include <fmt/format.h>

#include <cmath>

namespace memo {

std::string number_cell(double value, int decimals) {
  const double unit = std::pow(10, -decimals);
  return fmt::format("{:.{}f}", std::fabs(value) < unit / 2 ? 0 : value, decimals);
}

std::string per_cent_cell(double share) {
  return number_cell(100 * share, 1);
}

MarkdownTable::MarkdownTable(const std::vector<std::string>& names, std::size_t left) {
  add(names);
  text_ += "|";
  for (std::size_t i = 0; i < names.size(); ++i) text_ += i < left ? "---|" : "---:|";
  text_ += "\n";
}

void MarkdownTable::add(const std::vector<std::string>& cells) {
  text_ += "|";
  for (const std::string& cell : cells) text_ += " " + cell + " |";
  text_ += "\n";
}

}  // namespace memo
