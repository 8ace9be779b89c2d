// What the device behind a stream can show.
#pragma once

#include <string>

namespace memo {

enum class Colors { none, palette, full };  // palette: the 256 of xterm; full: 24 bits

// The settings that main() found in the environment.
struct Environment {
  std::string no_color;  // NO_COLOR: anything but empty forbids colours
  std::string term;
  std::string color_term;
};

struct Terminal {
  bool is_terminal = false;
  unsigned columns = 80;
  unsigned rows = 24;
  Colors colors = Colors::none;
};

Terminal terminal_at(int descriptor, const Environment& environment);

}  // namespace memo
