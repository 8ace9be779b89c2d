#include "client/process/stderr_text.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace memo {
namespace {

constexpr std::size_t kMaxLineBytes = 2000;
// What a terminal takes at once when it says that it takes anything.
constexpr std::size_t kTerminalBytes = 256;
constexpr std::chrono::milliseconds kPatience{1000};

std::atomic<bool> anything_unsaid = false;

// Bytes of the UTF-8 character at the front, 0 where it is none, or a control character beyond ASCII.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < count) return 0;
  std::uint32_t code = first & (0x7fu >> count);
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0xa0, 0x800,
                                      0x10000};  // by count; 0x80 to 0x9f are control characters
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kLeast[count] || code > 0x10ffff || is_surrogate ? 0 : count;
}

class Stderr {
 public:
  bool write(std::string_view text, Patience patience) {
    const std::lock_guard lock(mutex_);
    std::string whole;
    if (is_line_open_) whole = "\n";
    whole += text;
    const std::size_t written = write_all(whole, patience);
    if (written > 0) is_line_open_ = written < whole.size() && whole[written - 1] != '\n';
    return written == whole.size();
  }

 private:
  std::size_t write_all(std::string_view text, Patience patience) {
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t count = write_now(text.substr(written));
      if (count > 0) {
        written += static_cast<std::size_t>(count);
      } else if (count == 0 || errno != EINTR) {
        if (count == 0 || errno != EAGAIN || patience == Patience::none || !wait()) break;
      }
    }
    return written;
  }

  // How much is written without waiting. -1 with errno EAGAIN: nothing just now.
  static ssize_t write_now(std::string_view text) {
    struct stat file = {};
    if (::fstat(STDERR_FILENO, &file) != 0) return -1;
    if (S_ISSOCK(file.st_mode))
      return ::send(STDERR_FILENO, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (S_ISFIFO(file.st_mode)) return write_pipe(text);
    if (S_ISCHR(file.st_mode) && ::isatty(STDERR_FILENO) == 1)
      return write_if_ready(text.substr(0, kTerminalBytes));
    return ::write(STDERR_FILENO, text.data(), text.size());
  }

  // Other writers may fill the pipe between poll() and write(), so the write itself must not wait.
  static ssize_t write_pipe(std::string_view text) {
    iovec part{const_cast<char*>(text.data()), text.size()};
    const ssize_t count = ::pwritev2(STDERR_FILENO, &part, 1, -1, RWF_NOWAIT);
    if (count >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return count;
    return write_if_ready(text.substr(0, PIPE_BUF));
  }

  static ssize_t write_if_ready(std::string_view text) {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0) {
      errno = EAGAIN;
      return -1;
    }
    return ::write(STDERR_FILENO, text.data(), text.size());
  }

  // Waits for room. False when all patience is spent.
  bool wait() {
    const auto before = std::chrono::steady_clock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(kPatience - waited_);
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    const int count = left.count() > 0 ? ::poll(&ready, 1, static_cast<int>(left.count())) : 0;
    waited_ += std::chrono::steady_clock::now() - before;
    return count > 0 || (count < 0 && errno == EINTR);
  }

  std::mutex mutex_;
  bool is_line_open_ = false;  // of what was written last, the end is missing
  std::chrono::steady_clock::duration waited_{0};
};

// Never destroyed: other threads may speak while the process ends.
Stderr& stream() {
  static Stderr& stream = *new Stderr;
  return stream;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty() && line.size() < kMaxLineBytes) {
    const std::size_t bytes = character_bytes(text);
    if (bytes == 0)
      line += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text.front()));
    else
      line += text.substr(0, bytes);
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  if (!text.empty()) line += fmt::format("... ({} more bytes)", text.size());
  return line;
}

bool write_stderr(std::string_view text, Patience patience) {
  return stream().write(text, patience);
}

void say(std::string_view program, std::string_view text) {
  say_lines(fmt::format("{}: {}\n", program, one_line(text)));
}

void say_lines(std::string_view text) {
  if (!write_stderr(text, Patience::a_second)) remember_unsaid();
}

bool is_anything_unsaid() {
  return anything_unsaid.load(std::memory_order_relaxed);
}

void remember_unsaid() {
  anything_unsaid.store(true, std::memory_order_relaxed);
}

}  // namespace memo
