// memo-bench formats: number formats of the engine and of other engines on a real model and real texts: how fast each
// is, and what it changes.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "memo/status.h"

namespace memo {

struct FormatsBench {
  std::string model;
  TextSource source;
  std::string label_field;  // empty: no labels, and no accuracy
  std::uint32_t length = 128;
  std::uint32_t batch = 8;
  std::uint32_t threads = 1;
  std::vector<std::string> dtypes = {"f32", "bf16", "s16", "s8"};  // of this engine; "f32" first
  std::vector<std::string> peers;                                  // onnxruntime, openvino: each in f32 and s8
  std::uint32_t rounds = 15;
  std::uint64_t seed = 1;  // of the split
  std::string setup;       // the script that installs peers

  // Errors: invalid_argument.
  Status validate() const;
};

// Texts are those that have `length` tokens, or are cut to them: peers run no others here. A half of them fits the
// task head to plain f32 outputs, and calibrates peers that take ranges of activations from texts; a quarter tests.
// -> {machine, setting, rows[]: engine, dtype, way (of quantizing), wall_ms (median of a batch), wall_ms_least, cpu_ms,
// times_as_fast (as f32 of this engine), cosine and cosine_p05 (to f32 of this engine, of test texts), accuracy, lost
// {mean, low, high} (points, with labels)}. A table goes to stderr.
// Errors: of the model and the texts; unsupported (peers are asked for, but the model's outputs are not means).
Result<nlohmann::ordered_json> run_formats_bench(const FormatsBench& options);

}  // namespace memo
