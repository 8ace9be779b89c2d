// The report's parts, in the order of the page. Each part says what the profile has not measured.
// Requires: check_profile() is ok.
#pragma once

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"
#include "tools/memo-profile/report/charts/html.h"

namespace memo {

// Verdict, the numbers that matter, what to run next.
void write_opening(const ProfileResult& result, Html& page);
// What a map is, and what the words below mean. Errors: internal (libpng).
Status write_words(const ProfileResult& result, Html& page);
// Plain against all maps fixed, at each length and batch.
void write_times(const ProfileResult& result, Html& page);
void write_similarities(const ProfileResult& result, Html& page);
// What every candidate saves and loses.
void write_frontier(const ProfileResult& result, Html& page);
// What other budgets would have chosen.
void write_budgets(const ProfileResult& result, Html& page);
// Hit rate, similarity and worth of lookups for each threshold.
void write_lookups(const ProfileResult& result, Html& page);
// Errors: as write_words().
Status write_examples(const ProfileResult& result, Html& page);
void write_policy(const ProfileResult& result, Html& page);
void write_test(const ProfileResult& result, Html& page);
// How it was measured, and what that cannot say.
void write_setting(const ProfileResult& result, Html& page);

}  // namespace memo
