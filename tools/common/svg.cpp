#include "tools/common/svg.h"

#include <fmt/format.h>

#include <iterator>

#include "embed/files/output_file.h"
#include "tools/common/markup.h"

namespace memo {
namespace {

constexpr double kCurveWidth = 1.8;

const char* name_of(TextAnchor anchor) {
  return anchor == TextAnchor::start ? "start" : anchor == TextAnchor::middle ? "middle" : "end";
}

std::string stroke(std::string_view color, const LineStyle& style) {
  return fmt::format("stroke='{}' stroke-width='{}'{}{}", color, style.width,
                     style.dashed ? " stroke-dasharray='5 4'" : "",
                     style.opacity < 1 ? fmt::format(" stroke-opacity='{}'", style.opacity) : "");
}

// The end of a shape's tag, and its title inside of it.
std::string end_of(const char* tag, std::string_view title) {
  return title.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", escaped(title), tag);
}

}  // namespace

void SvgPage::text(Point at, std::string_view what, const TextStyle& style) {
  fmt::format_to(
      std::back_inserter(body_), "<text x='{:.1f}' y='{:.1f}' font-size='{}' text-anchor='{}'{}{}{}{}>{}</text>\n",
      at.x, at.y, style.size, name_of(style.anchor), style.bold ? " font-weight='bold'" : "",
      style.upwards ? fmt::format(" transform='rotate(-90 {:.1f} {:.1f})'", at.x, at.y) : "",
      style.color.empty() ? "" : fmt::format(" fill='{}'", style.color),
      style.halo.empty() ? "" : fmt::format(" stroke='{}' stroke-width='4' paint-order='stroke'", style.halo),
      escaped(what));
}

void SvgPage::bar(Point corner, double width, double height, std::string_view color, std::string_view title) {
  fmt::format_to(std::back_inserter(body_),
                 "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='{}'{}", corner.x, corner.y,
                 width, height, color, end_of("rect", title));
}

void SvgPage::line(Point from, Point to, std::string_view color, const LineStyle& style) {
  fmt::format_to(std::back_inserter(body_), "<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' {}/>\n", from.x,
                 from.y, to.x, to.y, stroke(color, style));
}

void SvgPage::path(const std::vector<Point>& points, std::string_view color, const LineStyle& style,
                   std::string_view title) {
  std::string path;
  for (const Point& point : points) path += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  fmt::format_to(std::back_inserter(body_), "<polyline points='{}' fill='none' {}{}", path, stroke(color, style),
                 end_of("polyline", title));
}

void SvgPage::dot(Point at, std::string_view color, const DotStyle& style, std::string_view title) {
  fmt::format_to(
      std::back_inserter(body_), "<circle cx='{:.1f}' cy='{:.1f}' r='{}' {}{}", at.x, at.y, style.radius,
      style.hollow ? fmt::format("fill='none' pointer-events='all' stroke='{}' stroke-width='1.6'", color)
                   : fmt::format("fill='{}'", color),
      end_of("circle", title));
}

void SvgPage::curve(const std::vector<Point>& points, std::string_view color, bool dashed) {
  path(points, color, {kCurveWidth, dashed});
  for (const Point& point : points) dot(point, color);
}

Status SvgPage::write(const std::string& path, int width, int height) const {
  return write_file(path, fmt::format("<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' "
                                      "font-family='sans-serif' font-size='10'>\n"
                                      "<rect width='100%' height='100%' fill='white'/>\n{}</svg>\n",
                                      width, height, body_));
}

std::string SvgPage::element(int width, int height, std::string_view label) const {
  return fmt::format("<svg viewBox='0 0 {} {}' role='img' aria-label='{}' fill='currentColor'>\n{}</svg>\n", width,
                     height, escaped(label), body_);
}

}  // namespace memo
