// JSON from untrusted files. It is parsed only after its nesting is known to be small, and repeated keys are
// refused: so a hostile text can neither exhaust the stack nor hide a second value behind a repeated key.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "memo/status.h"

namespace memo {

// `what` names the text in messages, for example a path.
// Errors: corrupt (not JSON, a NUL byte, nested deeper than max_depth, a key twice in one top-level object).
Result<nlohmann::json> parse_json(std::string_view text, std::size_t max_depth, const std::string& what);

// Reads "-" as stdin. Errors: not_found (no such file), internal (cannot be read), corrupt (larger than max_bytes,
// a Git LFS pointer, or as parse_json).
Result<nlohmann::json> read_json_file(const std::string& path, std::size_t max_bytes);

// Nothing where there is no such file. Errors: as read_json_file, without not_found.
Result<std::optional<nlohmann::json>> read_optional_json_file(const std::string& path, std::size_t max_bytes);

// Errors: as read_json_file, without the parsing.
Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

}  // namespace memo
