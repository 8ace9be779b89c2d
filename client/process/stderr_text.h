// Words for people on stderr: the one place that writes there, for all programs.
//
// Nothing depends on these words. A full disk, a closed descriptor or a reader that is gone never makes a program
// end or fail. A reader that does not read delays a program by one second at most, and a daemon not at all.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace memo {

// The text as one line that can harm no terminal and forge no other line: control characters and bytes that are
// not UTF-8 become \xNN, and what is longer than 2,000 bytes is cut.
std::string one_line(std::string_view text);

// How long a writer waits for a reader that does not read.
enum class Patience {
  none,      // a daemon, a progress bar
  a_second,  // a tool: for all calls together
};

// Writes the text as it is. False when a part was not written; the next call then ends the unfinished line.
// Threads: any; the texts of two calls do not mix.
bool write_stderr(std::string_view text, Patience patience);

// Writes "PROGRAM: TEXT" in one line, or text of several lines as it is, and remembers whether any was lost.
void say(std::string_view program, std::string_view text);
void say_lines(std::string_view text);
template <typename... Arguments>
void print_stderr(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  say_lines(fmt::format(format, std::forward<Arguments>(arguments)...));
}

// Whether some text could not be written, to stderr or in a report on stdout.
bool is_anything_unsaid();
void remember_unsaid();

}  // namespace memo
