// Searches among features that repeat, exactly or nearly: a part of memo-bench search.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tools/memo-bench/common/benches.h"

namespace memo {

// A row for each format, part of repeated features, and kind of repeats: where they lie (origin, or the centre of
// one group) and how far apart (equal; 1e-7 and 1e-5 of what others lie apart). Recall is of queries near a stored
// feature, of those that repeat and of the others: whether one as near as the nearest is among eight.
nlohmann::ordered_json run_repeats(const SearchBench& options);

// The rows as a table for a page.
void print_repeats(const nlohmann::ordered_json& rows);

}  // namespace memo
