#include "tools/memo-profile/report/charts/html.h"

#include <fmt/format.h>

#include <cassert>

#include "tools/common/markup.h"

namespace memo {

void Html::open(std::string_view tag, std::string_view attributes) {
  body_ += fmt::format("<{}{}{}>", tag, attributes.empty() ? "" : " ", attributes);
}

void Html::close(std::string_view tag) {
  body_ += fmt::format("</{}>\n", tag);
}

void Html::element(std::string_view tag, std::string_view text, std::string_view attributes) {
  open(tag, attributes);
  body_ += escaped(text);
  close(tag);
}

void Html::text(std::string_view text) {
  body_ += escaped(text);
}

void Html::mark(std::string_view text) {
  body_ += fmt::format("<mark>{}</mark>", escaped(text));
}

void Html::open_section(std::string_view id, std::string_view heading) {
  open("section", fmt::format("id='{}'", id));
  element("h2", heading);
}

void Html::figure(std::string_view caption, std::string_view svg) {
  open("figure");
  if (!caption.empty()) element("figcaption", caption);
  body_ += svg;
  close("figure");
}

void Html::legend(const std::vector<LegendEntry>& entries) {
  open("p", "class='legend'");
  for (const LegendEntry& entry : entries)
    body_ += fmt::format("<span><i style='{}: {}'></i>{}</span> ", entry.hollow ? "border-color" : "background",
                         entry.color, escaped(entry.name));
  close("p");
}

void HtmlTable::row(const std::vector<std::string>& cells) {
  assert(cells.size() == columns_.size());
  rows_ += "<tr>";
  for (const std::string& cell : cells) rows_ += fmt::format("<td>{}</td>", escaped(cell));
  rows_ += "</tr>\n";
}

void HtmlTable::write(Html& page, bool is_open) const {
  page.open("details", is_open ? "open" : "");
  page.element("summary", name_);
  page.markup("<div class='scroll'><table>\n<thead><tr>");
  for (const std::string& column : columns_) page.element("th", column);
  page.markup("</tr></thead>\n<tbody>\n");
  page.markup(rows_);
  page.markup("</tbody></table></div>\n");
  page.close("details");
}

}  // namespace memo
