// Quantities as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace memo {

// E.g. "1.5 GiB".
std::string human_bytes(std::uint64_t bytes);
// `part` of `whole`, e.g. "12.3 %"; "-" of nothing.
std::string share(double part, double whole);
// E.g. "2024-02-29 23:59:59".
std::string local_time(std::int64_t unix_ns);
// `count` and the word for it, e.g. "1 memo", "12 memos".
std::string counted(std::uint64_t count, const std::string& what);

}  // namespace memo
