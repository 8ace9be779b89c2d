// Policy: what each layer does with attention: compute it, look it up, or use a fixed map. A TOML file:
//
//   format  = "memo-policy"
//   version = 1
//   length  = 128                           # bucket: longest sequence, tokens
//   model   = "0123...cdef"                 # optional: fingerprint of the checkpoint it was made for
//   embedder = "embedder.safetensors"       # optional, beside this file; default: a projection by seed
//   codebook = "codebook.safetensors"       # needed by fixed layers, beside this file
//
//   [default]                               # layers not named below
//   mode = "compute"                        # compute | lookup | fixed
//
//   [[layer]]
//   index = 0
//   mode  = "lookup"
//   max_distance = 0.2                      # L2 between features; 0: exact hits only
//   publish = true                          # offer computed maps to others
//
//   [[layer]]
//   index = 1
//   mode  = "fixed"
//   map   = "layer.1"                       # a tensor of the codebook
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/status.h"

namespace memo {

enum class LayerMode { compute, lookup, fixed };
std::string_view to_string(LayerMode mode);

struct LayerPolicy {
  LayerMode mode = LayerMode::compute;
  float max_distance = 0;
  bool publish = true;
  std::string map;  // name in the codebook, for fixed
};

struct Policy {
  std::uint32_t length = 0;
  std::string model;                // hex fingerprint; empty: any
  std::string embedder;             // absolute path; empty: the default projection
  std::string codebook;             // absolute path; empty: none
  std::vector<LayerPolicy> layers;  // one a layer of the model

  // Errors: not_found, invalid_argument naming file, line or key, the value and what is allowed.
  static Result<Policy> load(const std::string& path, std::int64_t layers);
  // Every layer looks up exact repeats and near-duplicates, and publishes.
  static Policy defaults(std::uint32_t length, std::int64_t layers);
};

}  // namespace memo
