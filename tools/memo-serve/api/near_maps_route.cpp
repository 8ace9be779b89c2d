// The stored maps that are near a text's own, for people.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/common/base64.h"
#include "tools/memo-serve/api/model_route.h"
#include "tools/picture/attention_maps.h"
#include "tools/picture/png.h"

namespace memo {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kNeighbours = 3;
constexpr std::uint32_t kLargestSide = 96;  // pixels of a head's picture

Result<AttentionMaps> decoded(const NearMap& map) {
  return AttentionMaps::decode(map.shape,
                               {static_cast<const std::byte*>(map.payload.data_ptr()), map.payload.nbytes()});
}

Canvas draw_head(std::span<const float> map, std::uint32_t length, float largest) {
  const std::uint32_t side = std::min(length, kLargestSide);
  const std::vector<float> values = resample(map, length, side);
  Canvas canvas(side, side, {});
  for (std::uint32_t y = 0; y < side; ++y)
    for (std::uint32_t x = 0; x < side; ++x)
      canvas.fill(x, y, 1, 1, color_of(shade_of(values[std::size_t{y} * side + x], largest)));
  return canvas;
}

// A picture for each head.
Result<OrderedJson> draw(const AttentionMaps& maps, float largest) {
  OrderedJson pictures = OrderedJson::array();
  for (std::uint32_t head = 0; head < maps.heads; ++head) {
    MEMO_ASSIGN_OR_RETURN(const std::string png, to_png(draw_head(maps.head(head), maps.length, largest)));
    pictures.push_back("data:image/png;base64," + encode_base64(png));
  }
  return pictures;
}

// The shortest decimals of a float.
double shown(float number) {
  return std::stod(fmt::format("{}", number));
}

OrderedJson describe(const LayerNearMaps& layer) {
  OrderedJson near = OrderedJson::array();
  for (const NearMap& map : layer.near)
    near.push_back({{"key", map.key.hex()}, {"distance", shown(map.distance)}, {"length", map.shape.length}});
  return {{"layer", layer.layer},
          {"max_distance", shown(layer.max_distance)},
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

std::string no_such_layer(const std::vector<LayerNearMaps>& layers, std::size_t asked) {
  std::string known;
  for (const LayerNearMaps& layer : layers) known += fmt::format("{}{}", known.empty() ? "" : ", ", layer.layer);
  return fmt::format("`layer` is {}; layers that look maps up are {}", asked, known);
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
  TokenizeOptions options{.truncate = request.truncate.value_or(true), .side = request.side, .prompt = {}};
  if (auto error = model.find_prompt(request, options.prompt)) return *error;
  const auto inputs = model.service->tokenize(request.inputs(), options);
  if (!inputs) return ApiError{Fault::too_long, inputs.status().message(), "inputs"};
  const auto layers = model.service->near_maps(inputs->front(), static_cast<std::uint32_t>(neighbours));
  if (!layers) return error_of_search(layers.status());
  const std::size_t drawn = request.layer.value_or(layers->front().layer);
  if (std::ranges::find(*layers, drawn, &LayerNearMaps::layer) == layers->end())
    return ApiError{Fault::validation, no_such_layer(*layers, drawn), "layer"};
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
