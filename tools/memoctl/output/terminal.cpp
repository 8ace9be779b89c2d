#include "tools/memoctl/output/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace memo {
namespace {

Colors colors_of(const Environment& environment) {
  if (!environment.no_color.empty() || environment.term.empty() || environment.term == "dumb") return Colors::none;
  const bool full = environment.color_term == "truecolor" || environment.color_term == "24bit" ||
                    environment.term.find("direct") != std::string::npos;
  return full ? Colors::full : Colors::palette;
}

}  // namespace

Terminal terminal_at(int descriptor, const Environment& environment) {
  Terminal terminal;
  if (::isatty(descriptor) != 1) return terminal;
  terminal.is_terminal = true;
  terminal.colors = colors_of(environment);
  winsize size = {};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
  }
  return terminal;
}

}  // namespace memo
