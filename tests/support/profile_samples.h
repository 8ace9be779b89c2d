// Profiles with made-up numbers, as a job could have found them, to draw reports of.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/tuning/result/profile_result.h"

namespace memo::test {

struct ProfileShape {
  std::uint32_t layers = 6;
  std::uint32_t heads = 12;
  bool labels = true;
  std::uint32_t map_size = 64;  // of the examples' pictures
};

// Every part has something. A function of the shape alone.
ProfileResult full_profile(const ProfileShape& shape = {});
// Nothing pays: candidates are all out of the budget.
ProfileResult profile_that_does_not_pay();
// A model and a budget, and nothing measured.
ProfileResult empty_profile();

// File names, and what the texts of a mail or a path can do to a page that does not escape them.
std::string hostile_text();

// All of the above and more shapes, by name.
std::vector<std::pair<std::string, ProfileResult>> profile_samples();

}  // namespace memo::test
