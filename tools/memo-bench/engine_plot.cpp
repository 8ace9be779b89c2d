#include "tools/memo-bench/engine_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "tools/common/output_file.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kLabelWidth = 250;
constexpr int kUnit = 360;  // pixels of the plain engine's time
constexpr int kBar = 13;
constexpr int kGap = 16;
constexpr double kMostMultiple = 3;  // longer bars are cut

struct Bar {
  std::string name;
  double multiple;
  const char* color;
};

std::vector<Bar> bars_of(const Json& measured) {
  static constexpr std::pair<const char*, const char*> kModes[] = {
      {"plain", "#4c6ef5"}, {"fixed", "#2b8a3e"}, {"hit", "#40c057"}, {"mixed", "#a9e34b"}};
  const double plain = measured["plain"]["wall_ms"];
  std::vector<Bar> bars;
  for (const auto& [mode, color] : kModes)
    bars.push_back({mode, measured[mode]["wall_ms"].get<double>() / plain, color});
  if (measured.contains("peers"))
    for (const auto& [peer, times] : measured["peers"].items())
      bars.push_back({peer, times["wall_ms"].get<double>() / plain, "#adb5bd"});
  return bars;
}

std::string title_of(const Json& measured) {
  return fmt::format("{} {} {}x{}, {} thread(s)", measured["model"].get<std::string>(),
                     measured["dtype"].get<std::string>(), measured["batch"].get<int>(),
                     measured["length"].get<int>(), measured["threads"].get<int>());
}

int draw_case(const Json& measured, int y, std::string& svg) {
  const auto out = std::back_inserter(svg);
  fmt::format_to(out, "<text x='8' y='{}' font-weight='bold'>{}</text>\n", y + kBar - 2, title_of(measured));
  for (const Bar& bar : bars_of(measured)) {
    const int width = static_cast<int>(std::min(bar.multiple, kMostMultiple) * kUnit);
    fmt::format_to(out, "<rect x='{}' y='{}' width='{}' height='{}' fill='{}'/>\n", kLabelWidth, y, width,
                   kBar - 2, bar.color);
    fmt::format_to(out, "<text x='{}' y='{}'>{} {:.2f}</text>\n", kLabelWidth + width + 4, y + kBar - 3, bar.name,
                   bar.multiple);
    y += kBar;
  }
  return y + kGap;
}

}  // namespace

Status write_engine_plot(const Json& cases, const std::string& path) {
  std::string body;
  int y = 34;
  double widest = 1;
  for (const Json& measured : cases) {
    for (const Bar& bar : bars_of(measured)) widest = std::max(widest, std::min(bar.multiple, kMostMultiple));
    y = draw_case(measured, y, body);
  }
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return file.status();
  MEMO_RETURN_IF_ERROR(file->write(fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' font-family='sans-serif' font-size='10'>\n"
      "<rect width='100%' height='100%' fill='white'/>\n"
      "<text x='8' y='18' font-size='13'>Time as a multiple of the plain engine's (lower is "
      "better)</text>\n{}</svg>\n",
      kLabelWidth + static_cast<int>(widest * kUnit) + 110, y, body)));
  return file->close();
}

}  // namespace memo
