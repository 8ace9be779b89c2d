// Policy: how each layer, and each of its heads, gets its attention: computed, looked up, or from a fixed map. A
// TOML file:
//
//   format  = "memo-policy"
//   version = 1
//   length  = 128                           # bucket: longest sequence, tokens
//   model   = "0123...cdef"                 # optional: fingerprint of the checkpoint it was made for
//   embedder = "embedder.safetensors"       # optional, beside this file; default: a projection by seed
//   codebook = "codebook.safetensors"       # needed by fixed heads, beside this file
//   calibration = "calibration.safetensors" # optional, beside this file: weights refitted for this policy
//   kinds = ["output", "map"]               # what is kept, and looked up. output: the whole result of a text, for
//                                           # the same text; map: of the layers below that look up. Default: both
//   encoding = "u8"                         # of stored maps: u8 | f16 | f32
//   selection = "online"                    # online: lookups that do not pay are left out, and only maps that are
//                                           # likely to be asked for are published; fixed: every lookup, every map
//   max_wait_ms = 3.5                       # how long a batch may wait for the store; default: with online 5 % of
//                                           # what computing it takes, else what the store allows each lookup
//
//   [digests]                               # optional: XXH3-128 of the files named above, 32 hex digits each. A
//   codebook = "0123...cdef"                # file with other content, e.g. of another profile, is refused
//
//   [default]                               # layers not named below
//   mode = "compute"                        # compute | lookup | fixed
//
//   [[layer]]
//   index = 0
//   mode  = "lookup"
//   max_distance = 0.2                      # L2 between features; 0: exact hits only, and online
//                                           # selection publishes maps for these only
//   neighbours = 4                          # blend up to this many maps within max_distance, 1 to 16; default 1
//   publish = true                          # offer computed maps to others
//   compute_heads = [0, 3]                  # heads with another mode than the layer's;
//   fixed_heads = [2]                       # lookup_heads is another such list
//   map   = "layer.0"                       # of the fixed heads
//
//   [[layer]]
//   index = 1
//   mode  = "fixed"
//   map   = "layer.1"                       # a tensor of the codebook
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"
#include "model/kernels/kernels.h"
#include "model/maps/head_mode.h"

namespace memo {

enum class Selection : std::uint8_t { online, fixed };

std::string_view to_string(Selection selection);
// "u8", "f16" or "f32".
std::string_view to_string(MapEncoding encoding);
// Errors: invalid_argument.
Result<Selection> selection_named(std::string_view name);

// Which kinds of memos are kept and looked up. Fixed maps are no question of it.
struct ReusedKinds {
  bool output = false;
  bool map = true;
  bool operator==(const ReusedKinds&) const = default;
};
// "output", "map", "output,map" or "none". Errors, of the second: invalid_argument.
std::string to_string(ReusedKinds kinds);
Result<ReusedKinds> kinds_named(std::string_view names);

struct LayerPolicy {
  HeadMode mode = HeadMode::compute;  // of the heads not listed below
  float max_distance = 0;
  bool publish = true;
  std::string map = {};  // name in the codebook, for fixed heads
  std::vector<std::uint32_t> compute_heads = {};
  std::vector<std::uint32_t> lookup_heads = {};
  std::vector<std::uint32_t> fixed_heads = {};
  std::uint32_t neighbours = 1;  // max. maps to blend where none has the key, 1 .. kMaxNeighbours

  bool has_fixed_heads() const { return mode == HeadMode::fixed || !fixed_heads.empty(); }
  bool has_lookup_heads() const { return mode == HeadMode::lookup || !lookup_heads.empty(); }
  // Shapes: -> [heads]. Errors: invalid_argument (a head that does not exist, or that is listed twice).
  Result<std::vector<HeadMode>> head_modes(std::uint32_t heads) const;
  bool operator==(const LayerPolicy&) const = default;
};

// Digests of the files that a policy names, in hex; empty: any content is accepted.
struct PolicyDigests {
  std::string embedder, codebook, calibration;
  bool operator==(const PolicyDigests&) const = default;
};

struct Policy {
  std::uint32_t length = 0;
  std::string model;             // hex fingerprint; empty: any
  std::string embedder;          // absolute path; empty: the default projection
  std::string codebook;          // absolute path; empty: none
  std::string calibration = {};  // absolute path; empty: none
  PolicyDigests digests = {};
  ReusedKinds kinds = {};
  MapEncoding encoding = MapEncoding::u8;
  Selection selection = Selection::online;
  float max_wait_ms = 0;            // 0: the default
  std::vector<LayerPolicy> layers;  // one per layer of the model

  // Errors: not_found, invalid_argument naming file, line or key, the value and what is allowed.
  static Result<Policy> load(const std::string& path, std::int64_t layers);
  // Takes the present digests of the named files. Errors: not_found, internal.
  Status take_digests();
  // Call after reading the files: whether they were the right ones.
  // Errors: as take_digests(); invalid_argument naming a file that is another than its digest says.
  Status check_digests() const;
  // The file's text, as load() reads it; names of files are relative to the folder of `path`.
  std::string to_toml(const std::string& path) const;
  // Writes a temporary file and renames it into place. Errors: internal.
  Status save(const std::string& path) const;
  // Whole results are kept and looked up, and every layer computes: results are those of the plain model.
  static Policy exact(std::uint32_t length, std::int64_t layers);
  // Maps only: every layer looks up exact repeats and near-duplicates, and publishes.
  static Policy defaults(std::uint32_t length, std::int64_t layers);
};

}  // namespace memo
