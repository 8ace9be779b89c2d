#include "tools/memo-profile/report/document/profile_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "memo/types.h"

namespace memo {
namespace {

constexpr std::uint32_t kMaxPixels = 4096;     // of a picture's side
constexpr std::uint64_t kMaxMaps = 64 * 1024;  // of a model; each is drawn

Status wrong(const char* list, std::size_t index, const std::string& what) {
  return {StatusCode::invalid_argument, fmt::format("{}[{}]: {}", list, index, what)};
}

Status check_setting(const ProfileSetting& setting) {
  if (setting.layers > kMaxLayers || setting.heads > kMaxHeads)
    return {StatusCode::invalid_argument,
            fmt::format("setting: a model of {} layers and {} heads, at most {} and {} are known", setting.layers,
                        setting.heads, kMaxLayers, kMaxHeads)};
  const std::uint64_t maps = std::uint64_t{setting.layers} * setting.heads;
  if (maps > kMaxMaps)
    return {StatusCode::invalid_argument,
            fmt::format("setting: {} layers of {} heads are {} maps, at most {} can be shown", setting.layers,
                        setting.heads, maps, kMaxMaps)};
  return Status::ok();
}

Status check_layer(const ProfileSetting& setting, const char* list, std::size_t index, std::uint32_t layer) {
  if (layer < setting.layers) return Status::ok();
  return wrong(list, index, fmt::format("layer is {}, this model has {}", layer, setting.layers));
}

Status check_head(const ProfileSetting& setting, const char* list, std::size_t index, std::uint32_t head) {
  if (head < setting.heads) return Status::ok();
  return wrong(list, index, fmt::format("head is {}, this model has {}", head, setting.heads));
}

Status check_candidate(const ProfileSetting& setting, std::size_t index, const Candidate& candidate) {
  if (candidate.layers.size() != setting.layers)
    return wrong("candidates", index,
                 fmt::format("has {} layers, this model has {}", candidate.layers.size(), setting.layers));
  for (std::size_t layer = 0; layer < candidate.layers.size(); ++layer) {
    const auto modes = candidate.layers[layer].head_modes(setting.heads);
    if (!modes) return wrong("candidates", index, fmt::format("layer {}: {}", layer, modes.status().message()));
  }
  return Status::ok();
}

Status check_picture(std::size_t index, const MapPicture& picture) {
  const std::size_t needed = std::size_t{picture.size} * picture.size;
  if (picture.size <= kMaxPixels && picture.values.size() == needed) return Status::ok();
  return wrong("examples", index,
               fmt::format("a picture of {} x {} has {} values, must have {}, at most {} a side", picture.size,
                           picture.size, picture.values.size(), needed, kMaxPixels));
}

Status check_example(const ProfileSetting& setting, std::size_t index, const MatchExample& example) {
  MEMO_RETURN_IF_ERROR(check_layer(setting, "examples", index, example.layer));
  MEMO_RETURN_IF_ERROR(check_head(setting, "examples", index, example.head));
  MEMO_RETURN_IF_ERROR(check_picture(index, example.computed));
  return check_picture(index, example.stored);
}

}  // namespace

Status check_profile(const ProfileResult& result) {
  const ProfileSetting& setting = result.setting;
  MEMO_RETURN_IF_ERROR(check_setting(setting));
  for (std::size_t i = 0; i < result.similarities.size(); ++i) {
    MEMO_RETURN_IF_ERROR(check_layer(setting, "similarities", i, result.similarities[i].layer));
    MEMO_RETURN_IF_ERROR(check_head(setting, "similarities", i, result.similarities[i].head));
  }
  for (std::size_t i = 0; i < result.thresholds.size(); ++i)
    MEMO_RETURN_IF_ERROR(check_layer(setting, "thresholds", i, result.thresholds[i].layer));
  for (std::size_t i = 0; i < result.candidates.size(); ++i)
    MEMO_RETURN_IF_ERROR(check_candidate(setting, i, result.candidates[i]));
  for (std::size_t i = 0; i < result.examples.size(); ++i)
    MEMO_RETURN_IF_ERROR(check_example(setting, i, result.examples[i]));
  if (std::ranges::count_if(result.candidates, &Candidate::chosen) > 1)
    return {StatusCode::invalid_argument, "candidates: more than one is chosen"};
  return Status::ok();
}

const Candidate* chosen_candidate(const ProfileResult& result) {
  const auto found = std::ranges::find_if(result.candidates, &Candidate::chosen);
  return found == result.candidates.end() ? nullptr : &*found;
}

}  // namespace memo
