// Html: a page, piece by piece; texts are escaped on their way in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace memo {

// An entry of a legend.
struct LegendEntry {
  std::string name;
  std::string color;
  bool hollow = false;
};

class Html {
 public:
  // `attributes` is markup, e.g. "class='wide'".
  void open(std::string_view tag, std::string_view attributes = {});
  void close(std::string_view tag);
  void element(std::string_view tag, std::string_view text, std::string_view attributes = {});
  void paragraph(std::string_view text) { element("p", text); }
  // A remark about a missing part, or on how to read one.
  void note(std::string_view text) { element("p", text, "class='note'"); }
  void text(std::string_view text);
  // Inside of a text, without a line break behind it.
  void mark(std::string_view text);
  // Markup as it is.
  void markup(std::string_view markup) { body_ += markup; }

  // A section with a heading; `id` is what links name.
  void open_section(std::string_view id, std::string_view heading);
  void close_section() { close("section"); }
  // A picture with a line above. Figures stand side by side where there is room; "figures" holds them.
  void open_figures() { open("div", "class='figures'"); }
  void figure(std::string_view caption, std::string_view svg);
  void close_figures() { close("div"); }
  void legend(const std::vector<LegendEntry>& entries);

  std::string take() { return std::move(body_); }

 private:
  std::string body_;
};

// A table behind its name, which opens it.
class HtmlTable {
 public:
  HtmlTable(std::string name, std::vector<std::string> columns)
      : name_(std::move(name)), columns_(std::move(columns)) {}
  // Requires: one cell per column.
  void row(const std::vector<std::string>& cells);
  void write(Html& page, bool is_open = false) const;

 private:
  std::string name_;
  std::vector<std::string> columns_;
  std::string rows_;
};

}  // namespace memo
