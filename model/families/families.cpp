#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "model/families/family.h"

namespace memo {
namespace {

const FamilyReader* const kFamilies[] = {&kBertReader,    &kDistilBertReader, &kRobertaReader,
                                         &kDebertaReader, &kGpt2Reader,       &kMpnetReader};

}  // namespace

const FamilyReader* find_family(std::string_view model_type) {
  for (const FamilyReader* family : kFamilies)
    if (std::ranges::find(family->model_types, model_type) != family->model_types.end()) return family;
  return nullptr;
}

std::string known_model_types() {
  std::vector<std::string_view> types;
  for (const FamilyReader* family : kFamilies)
    types.insert(types.end(), family->model_types.begin(), family->model_types.end());
  return fmt::format("{}", fmt::join(types, ", "));
}

}  // namespace memo
