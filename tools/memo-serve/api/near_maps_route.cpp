// The stored maps that are near a text's own, for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "embed/json/shortest.h"
#include "tools/memo-serve/api/model_route.h"
#include "tools/picture/attention_maps.h"
#include "tools/picture/data_uri.h"

namespace memo {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kNeighbours = 3;

Result<AttentionMaps> decoded(const NearMap& map) {
  return AttentionMaps::decode(map.shape, map.bytes());
}

// A picture for each head.
Result<OrderedJson> draw(const AttentionMaps& maps, float largest) {
  OrderedJson pictures = OrderedJson::array();
  for (std::uint32_t head = 0; head < maps.heads; ++head) {
    MEMO_ASSIGN_OR_RETURN(pictures.emplace_back(), map_data_uri(maps.head(head), maps.length, largest));
  }
  return pictures;
}

OrderedJson describe(const LayerNearMaps& layer) {
  OrderedJson near = OrderedJson::array();
  for (const NearMap& map : layer.near)
    near.push_back({{"key", map.key.hex()}, {"distance", shortest(map.distance)}, {"length", map.shape.length}});
  return {{"layer", layer.layer},
          {"max_distance", shortest(layer.max_distance)},
          {"heads", layer.heads},
          {"length", layer.own.shape.length},
          {"near", near}};
}

// All maps of a layer in the same colors.
Status add_pictures(const LayerNearMaps& layer, OrderedJson& json) {
  MEMO_ASSIGN_OR_RETURN(const AttentionMaps own, decoded(layer.own));
  std::vector<AttentionMaps> near;
  float largest = own.largest();
  for (const NearMap& map : layer.near) {
    MEMO_ASSIGN_OR_RETURN(near.emplace_back(), decoded(map));
    largest = std::max(largest, near.back().largest());
  }
  MEMO_ASSIGN_OR_RETURN(json["pictures"], draw(own, largest));
  for (std::size_t i = 0; i < near.size(); ++i) {
    MEMO_ASSIGN_OR_RETURN(json["near"][i]["pictures"], draw(near[i], largest));
  }
  return Status::ok();
}

ApiError error_of_search(const Status& status) {
  const bool has_no_maps = status.code() == StatusCode::unsupported;
  return has_no_maps ? ApiError{Fault::wrong_task, status.message()} : error_of(status, 1);
}

std::variant<std::string, ApiError> write_near_maps(const ServedModel& model, const TextRequest& request) {
  const std::size_t neighbours = request.neighbours.value_or(kNeighbours);
  if (neighbours > kMaxNeighbours)
    return ApiError{Fault::validation,
                    fmt::format("`neighbours` is {}, must be at most {}", neighbours, kMaxNeighbours),
                    "neighbours"};
  std::vector<PairEncoding> inputs;
  if (auto error = model.tokenize(request, *request.truncate, inputs)) return *error;
  const std::vector<std::size_t> known = model.service->map_layers();
  if (request.layer && !known.empty() && std::ranges::find(known, *request.layer) == known.end())
    return ApiError{
        Fault::validation,
        fmt::format("`layer` is {}; layers that look maps up are {}", *request.layer, fmt::join(known, ", ")),
        "layer"};
  const auto layers = model.service->near_maps(inputs.front(), static_cast<std::uint32_t>(neighbours));
  if (!layers) return error_of_search(layers.status());
  const std::size_t drawn = request.layer.value_or(layers->front().layer);
  OrderedJson json = OrderedJson::array();
  for (const LayerNearMaps& layer : *layers) {
    json.push_back(describe(layer));
    if (layer.layer != drawn) continue;
    if (const Status status = add_pictures(layer, json.back()); !status) return error_of_search(status);
  }
  return json.dump();
}

}  // namespace

const ModelRoute kNearMapsRoute{"/near_maps", read_near_maps, write_near_maps, true};

}  // namespace memo
