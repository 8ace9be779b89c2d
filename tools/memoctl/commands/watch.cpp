#include "tools/memoctl/commands/watch.h"

#include <fmt/format.h>

#include <sstream>

#include "embed/files/output_file.h"
#include "tools/common/interrupt.h"

namespace memo {
namespace {

constexpr char kHideCursor[] = "\033[?25l";
constexpr char kShowCursor[] = "\033[?25h";

Status write(const std::string& text) {
  MEMO_ASSIGN_OR_RETURN(auto output, OutputFile::create("-"));
  MEMO_RETURN_IF_ERROR(output.write(text));
  return output.close();
}

// Draws each frame over the last one. A frame larger than the terminal is cut: it would scroll out of reach.
class Frame {
 public:
  explicit Frame(const Terminal& terminal) : terminal_(terminal) {}

  std::string over_last(const std::string& text) {
    std::string drawn = lines_ == 0 ? kHideCursor : fmt::format("\033[{}A", lines_);
    std::istringstream lines(text);
    lines_ = 0;
    for (std::string line; lines_ + 1 < terminal_.rows && std::getline(lines, line); ++lines_)
      drawn += fmt::format("\r{:.{}}\033[K\n", line, terminal_.columns);
    return drawn + "\033[J";
  }

 private:
  const Terminal terminal_;
  unsigned lines_ = 0;
};

}  // namespace

Status watch(StoreAdmin& store, std::chrono::milliseconds interval, const Terminal& output, const Draw& draw) {
  const Interrupt interrupt;
  Frame frame(output);
  Look look;
  Status status;
  auto last = std::chrono::steady_clock::now();
  for (bool first = true; status; first = false) {
    auto stats = store.stats();
    const auto now = std::chrono::steady_clock::now();
    if (stats) {
      look.before = first ? *stats : std::move(look.now);
      look.now = std::move(*stats);
      look.seconds = first ? 0 : std::chrono::duration<double>(now - last).count();
      last = now;
    }
    const Result<std::string> text = stats ? draw(look) : stats.status();
    status = text ? write(output.is_terminal ? frame.over_last(*text) : *text) : text.status();
    if (status && interrupt.wait_for(interval)) break;
  }
  if (output.is_terminal) (void)write(kShowCursor);
  return status;
}

}  // namespace memo
