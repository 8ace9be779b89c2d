// A table in Markdown, row by row.
#pragma once

#include <string>
#include <vector>

namespace memo {

// The number with `decimals` decimals, and never "-0".
std::string number_cell(double value, int decimals);
// 0.1234 -> "12.3"
std::string per_cent_cell(double share);

class MarkdownTable {
 public:
  // The first `left` columns are aligned left, the others right.
  MarkdownTable(const std::vector<std::string>& names, std::size_t left);
  // Requires: as many cells as there are names.
  void add(const std::vector<std::string>& cells);
  // Ends with a line's end.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace memo
