// Files of /proc with one line per value: "Name:   value".
#pragma once

#include <cstdint>
#include <string>

namespace memo {

// The value of the first line that begins with `name`; empty when there is none.
std::string value_in(const std::string& path, const std::string& name);

// The same for a value in kB, returned in bytes; 0 when there is none.
std::uint64_t bytes_in(const std::string& path, const std::string& name);

}  // namespace memo
