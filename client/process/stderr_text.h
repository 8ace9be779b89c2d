// Words for people on stderr: the one place that writes there, for all programs.
//
// Nothing depends on these words. A full disk, a closed descriptor, a reader that is gone never ends or fails a program;
// one that does not read delays it by a second in all, and a daemon not at all.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace memo {

// The text as one line that can harm no terminal and forge no other line: control characters and bytes that are not
// UTF-8 become \xNN, and what is longer than 2,000 bytes is cut.
std::string one_line(std::string_view text);

// How long a writer waits for a reader that does not read.
enum class Patience {
  none,      // a daemon, a progress bar
  a_second,  // a tool: in all calls together
};

// Writes the text as it is. False when not all of it went out; a line that began is ended the next time.
// Threads: any; what two write is not mixed within a call.
bool write_stderr(std::string_view text, Patience patience);

// "PROGRAM: TEXT" in one line, or text of several lines as it is; what is lost is remembered.
void say(std::string_view program, std::string_view text);
void say_lines(std::string_view text);
template <typename... Arguments>
void print_stderr(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  say_lines(fmt::format(format, std::forward<Arguments>(arguments)...));
}

// Whether something was to be said, on stderr or in a report on stdout, and could not be.
bool is_anything_unsaid();
void remember_unsaid();

}  // namespace memo
