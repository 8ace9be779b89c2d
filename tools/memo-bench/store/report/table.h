// The cases of memo-bench store as tables: for people, and for docs/measurements/store.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace memo {

// Lines of text for a terminal; the header once, then one line per contestant.
std::string table_header();
std::string table_lines(const nlohmann::ordered_json& measured);

// All cases, as Markdown.
std::string markdown_tables(const nlohmann::ordered_json& result);

}  // namespace memo
