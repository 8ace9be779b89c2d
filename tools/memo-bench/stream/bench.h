// A stream of real texts, in order or as traffic that repeats, from an empty pool: what memoization gains over
// time, beside plain in the same run.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct StreamBench {
  std::string model;
  std::string input;
  std::string policy;  // empty: where maps are reused, every layer looks up, near-duplicates included
  std::vector<std::uint32_t> lengths = {128};
  std::vector<std::string> dtypes = {"f32"};
  // What each memoized run reuses: outputs, maps or both.
  std::vector<std::string> reuse = {"outputs", "maps", "both"};
  // How each memoized run of each of these chooses: online, fixed, or online with one rule of admission only: seen, sampled.
  std::vector<std::string> selections = {"online"};
  std::uint64_t limit = 0;  // texts; 0: all
  // Empty: the texts in order, each once. Else as many as there are, drawn by Zipf's law with this exponent (0:
  // evenly).
  std::optional<double> zipf;
  std::uint64_t seed = 1;  // of the draws
  std::uint32_t batch = 8;
  std::uint32_t threads = 2;
  std::uint32_t windows = 6;
  std::string pool_size = "1GiB";  // of each memoized run
  std::string folder = "/dev/shm";
  bool daemon = false;
  std::string json;  // a file; empty: none
  std::string plot;  // a file; empty: none

  // Errors: invalid_argument.
  Status validate() const;
};

// -> {texts, order: date, file or zipf, zipf: {exponent, seed} where drawn, batch, threads, daemon, cases[]}; a
// case: {length, dtype, runs[]}; a run: {reuse, selection, all, windows[], open: gates at the end, share and
// share_of_seen: of all texts, and of those that came before, whose maps are published in the end (admission.h)}; all,
// and each window: {texts, repeat_rate, saved, saved_low, saved_high (95 % interval, over batches), plain_us and
// memoized_us of a text, parts_us of a text {ask, keep: of whole results; features, search, publish: of maps; the calling
// thread's, while the others wait}, outputs {found: the share of texts that were not computed, hits, repeated, ...}, maps
// {found, published: shares of all maps, exact_hits, similar_hits, ...}, cosine {mean, least}, different: texts of whose
// results some bits are not plain's}.
// Errors: of the model, the texts, the folder; invalid_argument (length of the policy).
Result<nlohmann::ordered_json> run_stream_bench(const StreamBench& options);

}  // namespace memo
