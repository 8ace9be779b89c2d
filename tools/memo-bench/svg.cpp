#include "tools/memo-bench/svg.h"

#include <fmt/format.h>

#include <iterator>

#include "tools/common/output_file.h"

namespace memo {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '<')
      safe += "&lt;";
    else if (letter == '>')
      safe += "&gt;";
    else if (letter == '&')
      safe += "&amp;";
    else
      safe += letter;
  }
  return safe;
}

const char* name_of(TextAnchor anchor) {
  return anchor == TextAnchor::start ? "start" : anchor == TextAnchor::middle ? "middle" : "end";
}

}  // namespace

void SvgPage::text(Point at, std::string_view what, const TextStyle& style) {
  fmt::format_to(
      std::back_inserter(body_), "<text x='{:.1f}' y='{:.1f}' font-size='{}' text-anchor='{}'{}{}>{}</text>\n",
      at.x, at.y, style.size, name_of(style.anchor), style.bold ? " font-weight='bold'" : "",
      style.upwards ? fmt::format(" transform='rotate(-90 {:.1f} {:.1f})'", at.x, at.y) : "", escaped(what));
}

void SvgPage::bar(Point corner, double width, double height, std::string_view color) {
  fmt::format_to(std::back_inserter(body_),
                 "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='{}'/>\n", corner.x, corner.y,
                 width, height, color);
}

void SvgPage::line(Point from, Point to, std::string_view color, double width) {
  fmt::format_to(std::back_inserter(body_),
                 "<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' stroke='{}' stroke-width='{}'/>\n", from.x,
                 from.y, to.x, to.y, color, width);
}

void SvgPage::curve(const std::vector<Point>& points, std::string_view color, bool dashed) {
  std::string path;
  for (const Point& point : points) path += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  fmt::format_to(std::back_inserter(body_),
                 "<polyline points='{}' fill='none' stroke='{}' stroke-width='1.8'{}/>\n", path, color,
                 dashed ? " stroke-dasharray='5 4'" : "");
  for (const Point& point : points)
    fmt::format_to(std::back_inserter(body_), "<circle cx='{:.1f}' cy='{:.1f}' r='2.6' fill='{}'/>\n", point.x,
                   point.y, color);
}

Status SvgPage::write(const std::string& path, int width, int height) const {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return file.status();
  MEMO_RETURN_IF_ERROR(file->write(fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' font-family='sans-serif' font-size='10'>\n"
      "<rect width='100%' height='100%' fill='white'/>\n{}</svg>\n",
      width, height, body_)));
  return file->close();
}

}  // namespace memo
