#include "memod/cores.h"

#include <sched.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace memo {
namespace {

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number >= CPU_SETSIZE) return std::nullopt;
  return number;
}

// "4" or "4-7". False when it is neither.
bool add_range(std::string_view text, std::set<unsigned>& cores) {
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1));
  if (!first || !last || *first > *last) return false;
  for (unsigned core = *first; core <= *last; ++core) cores.insert(core);
  return true;
}

}  // namespace

Result<std::vector<unsigned>> parse_cores(std::string_view text) {
  std::set<unsigned> cores;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    if (!add_range(rest.substr(0, comma), cores))
      return Status{StatusCode::invalid_argument,
                    fmt::format("must be core numbers below {}, such as 0,2-3, not \"{}\"", CPU_SETSIZE, text)};
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return std::vector<unsigned>(cores.begin(), cores.end());
}

Status run_on_cores(const std::vector<unsigned>& cores) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
    return {StatusCode::internal, fmt::format("sched_getaffinity: {}", std::strerror(errno))};
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  for (const unsigned core : cores) {
    // The kernel would drop it without a word.
    if (!CPU_ISSET(core, &allowed))
      return {StatusCode::invalid_argument, fmt::format("core {} does not exist, or memod may not use it", core)};
    CPU_SET(core, &wanted);
  }
  if (::sched_setaffinity(0, sizeof(wanted), &wanted) != 0)
    return {StatusCode::internal, fmt::format("sched_setaffinity: {}", std::strerror(errno))};
  return Status::ok();
}

}  // namespace memo
