// SvgPage: a picture made of text, rectangles and lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/status.h"

namespace memo {

enum class TextAnchor { start, middle, end };
struct TextStyle {
  TextAnchor anchor = TextAnchor::start;
  int size = 10;
  bool bold = false;
  bool upwards = false;  // turned by a quarter
};

// Units: pixels, from the left top. Texts are escaped.
class SvgPage {
 public:
  struct Point {
    double x, y;
  };
  void text(Point at, std::string_view what, const TextStyle& style = {});
  void bar(Point corner, double width, double height, std::string_view color);
  void line(Point from, Point to, std::string_view color, double width = 1);
  // With a dot at each point.
  void curve(const std::vector<Point>& points, std::string_view color, bool dashed = false);

  // Errors: as OutputFile.
  Status write(const std::string& path, int width, int height) const;

 private:
  std::string body_;
};

}  // namespace memo
