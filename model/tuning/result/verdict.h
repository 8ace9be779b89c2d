// The result in words.
#pragma once

#include <string>

#include "model/tuning/result/profile_result.h"

namespace memo {

// One sentence: what is saved, and at what loss.
std::string verdict(const ProfileResult& result);

// A line of a table: name, time saved, points lost, cosine.
std::string candidate_line(const Candidate& candidate);

// What stdout says at the end.
std::string summary_text(const ProfileResult& result, const std::string& output);

}  // namespace memo
