// SvgPage: a picture made of text, rectangles and lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memo/status.h"

namespace memo {

enum class TextAnchor { start, middle, end };
struct TextStyle {
  TextAnchor anchor = TextAnchor::start;
  int size = 10;
  bool bold = false;
  bool upwards = false;         // turned by a quarter
  std::string_view color = {};  // empty: the page's
  std::string_view halo = {};   // a border around the letters; empty: none
};

struct LineStyle {
  double width = 1;
  bool dashed = false;
  double opacity = 1;
};

struct DotStyle {
  double radius = 2.6;
  bool hollow = false;
};

// Units: pixels, from the left top. Texts are escaped; colours are the program's own and are not. A `title` is
// what a browser shows under the pointer; empty: nothing.
class SvgPage {
 public:
  struct Point {
    double x, y;
  };
  void text(Point at, std::string_view what, const TextStyle& style = {});
  void bar(Point corner, double width, double height, std::string_view color, std::string_view title = {});
  void line(Point from, Point to, std::string_view color, const LineStyle& style = {});
  void path(const std::vector<Point>& points, std::string_view color, const LineStyle& style = {},
            std::string_view title = {});
  void dot(Point at, std::string_view color, const DotStyle& style = {}, std::string_view title = {});
  // A path with a dot at each point.
  void curve(const std::vector<Point>& points, std::string_view color, bool dashed = false);

  // Errors: as OutputFile.
  Status write(const std::string& path, int width, int height) const;
  // As an element of a HTML page, as wide as its place; what has no colour takes the page's. `label` says what a
  // reader who cannot see it should know.
  std::string element(int width, int height, std::string_view label) const;

 private:
  std::string body_;
};

}  // namespace memo
