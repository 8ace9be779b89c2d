#include "memod/daemon/cores.h"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "client/settings/number_list.h"

namespace memo {

Result<std::vector<unsigned>> parse_cores(std::string_view text) {
  const auto numbers = parse_number_list(text, CPU_SETSIZE);
  if (!numbers)
    return Status{StatusCode::invalid_argument,
                  fmt::format("must be core numbers below {}, such as 0,2-3, not \"{}\"", CPU_SETSIZE, text)};
  const std::set<unsigned> cores(numbers->begin(), numbers->end());
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
