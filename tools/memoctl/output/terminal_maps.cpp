#include "tools/memoctl/output/terminal_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "tools/picture/color_map.h"

namespace memo {
namespace {

constexpr std::string_view kCharacters = " .:-=+*#%@";
constexpr char kUpperHalf[] = "\xe2\x96\x80";
constexpr unsigned kGap = 2;
// A smaller map is too coarse to recognise; heads then go into several rows.
constexpr unsigned kMinSide = 24;
// A small map is enlarged up to this side.
constexpr unsigned kMaxSide = 64;

// One line of cells; a colour is written where it changes.
class Line {
 public:
  explicit Line(Colors colors) : colors_(colors) {}

  void cell(float upper_shade, float lower_shade) {
    if (colors_ == Colors::none) {
      const float shade = std::max(upper_shade, lower_shade);
      text_ += kCharacters[static_cast<std::size_t>(std::lround(shade * (kCharacters.size() - 1)))];
      return;
    }
    set(38, upper_, color_of(upper_shade));
    set(48, lower_, color_of(lower_shade));
    text_ += kUpperHalf;
  }
  void plain(std::string_view text) {
    if (upper_ || lower_) text_ += "\033[0m";
    upper_.reset();
    lower_.reset();
    text_ += text;
  }
  std::string end() {
    plain("\n");
    return std::move(text_);
  }

 private:
  void set(int what, std::optional<Color>& current, Color color) {
    if (current == color) return;
    current = color;
    text_ += colors_ == Colors::full ? fmt::format("\033[{};2;{};{};{}m", what, color.red, color.green, color.blue)
                                     : fmt::format("\033[{};5;{}m", what, palette_index(color));
  }

  const Colors colors_;
  std::string text_;
  std::optional<Color> upper_, lower_;
};

struct Panels {
  unsigned side = 0;     // cells in a line of a map, an even number
  unsigned per_row = 0;  // maps side by side
};

Panels arrange_panels(const AttentionMaps& maps, unsigned columns) {
  const unsigned most = std::max(1u, (columns + kGap) / (std::min(kMinSide, columns) + kGap));
  // As few rows of maps as possible, each with about as many maps.
  const unsigned rows = (maps.heads + most - 1) / most;
  const unsigned per_row = (maps.heads + rows - 1) / rows;
  const unsigned widest = (columns + kGap) / per_row - std::min(kGap, (columns + kGap) / per_row - 1);
  const unsigned side = maps.length >= widest ? widest : std::min(widest, std::max(maps.length, kMaxSide));
  // A small map is enlarged by a whole number, so that its elements are equally large.
  const unsigned whole = maps.length <= side ? side / maps.length * maps.length : side;
  return {std::max(2u, whole), per_row};
}

std::string draw_row(const AttentionMaps& maps, std::uint32_t first, std::uint32_t count, std::uint32_t label,
                     const Panels& panels, Colors colors) {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i)
    text += fmt::format("{:<{}}", fmt::format("head {}", label + i), i + 1 < count ? panels.side + kGap : 0);
  text += "\n";
  const float largest = maps.largest();
  std::vector<std::vector<float>> drawn;
  for (std::uint32_t i = 0; i < count; ++i)
    drawn.push_back(resample(maps.head(first + i), maps.length, panels.side));
  for (unsigned y = 0; y < panels.side; y += 2) {
    Line line(colors);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i > 0) line.plain(std::string(kGap, ' '));
      for (unsigned x = 0; x < panels.side; ++x) {
        const float upper = shade_of(drawn[i][std::size_t{y} * panels.side + x], largest);
        const bool last = y + 1 == panels.side;
        line.cell(upper, last ? 0 : shade_of(drawn[i][std::size_t{y + 1} * panels.side + x], largest));
      }
    }
    text += line.end();
  }
  return text + "\n";
}

std::string draw_scale(float largest, const Terminal& terminal) {
  constexpr unsigned kMaxWidth = 32;
  constexpr std::string_view kCaption = "  a row: where one token looks";
  const std::string most = fmt::format(" {:.3f}", largest);
  const unsigned ends = 2 + static_cast<unsigned>(most.size());
  const unsigned width = std::min(kMaxWidth, std::max(ends + 2, terminal.columns) - ends);
  Line line(terminal.colors);
  line.plain("0 ");
  for (unsigned x = 0; x < width; ++x) {
    const float shade = static_cast<float>(x) / static_cast<float>(width - 1);
    line.cell(shade, shade);
  }
  line.plain(most);
  if (ends + width + kCaption.size() <= terminal.columns) line.plain(kCaption);
  return line.end();
}

}  // namespace

std::string draw_maps(const AttentionMaps& maps, std::uint32_t first_head, const Terminal& terminal) {
  const Panels panels = arrange_panels(maps, terminal.columns);
  std::string text;
  for (std::uint32_t first = 0; first < maps.heads; first += panels.per_row)
    text += draw_row(maps, first, std::min(panels.per_row, maps.heads - first), first_head + first, panels,
                     terminal.colors);
  return text + draw_scale(maps.largest(), terminal);
}

}  // namespace memo
