// The profile's report: one HTML file for a reader who has never heard of attention maps.
//
// It holds everything it shows (style, pictures) and forbids itself to load anything, so it can be mailed and
// printed; it needs no JavaScript, and follows the reader's light or dark scheme. Texts of the profile are
// escaped.
#pragma once

#include <string>

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// Errors: as check_profile(); internal (libpng).
Result<std::string> report_page(const ProfileResult& result);

// Errors: as report_page() and OutputFile.
Status write_report(const ProfileResult& result, const std::string& path);

}  // namespace memo
