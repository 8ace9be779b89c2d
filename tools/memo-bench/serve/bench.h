// What a server bears: the largest rate of requests at which answers stay fast, with memos and without.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct ServeBench {
  std::string model;  // memo-serve is started with it; empty: `url` is measured
  std::string url;    // "127.0.0.1:8080": a server that runs
  std::string path = "/embed";
  std::string input;
  double zipf = 1.2;
  std::uint64_t seed = 1;
  std::vector<std::string> memos = {"none", "memod"};  // cases of memo-serve: memod, pool or none
  std::vector<double> rates;                           // measured as they are; empty: the largest is searched for
  double first_rate = 40;
  double max_p99_ms = 250;
  double seconds = 20;        // of a trial
  std::uint32_t warm = 2000;  // requests before a trial, as fast as they are answered
  std::uint32_t connections = 64;
  std::uint32_t idle = 0;
  std::uint32_t slow = 0;
  std::string pool_size = "1GiB";
  std::string folder = "/dev/shm";
  std::vector<std::string> options;  // more of memo-serve's

  // Errors: invalid_argument.
  Status validate() const;
};

// A trial starts servers of its own, with an empty pool, and answers the first `warm` texts of the stream before it
// measures those behind them. -> {model, requests, cases [{memo, sustained_rate, trials [{rate, achieved, p50_ms, p99_ms,
// max_ms, found, refused, failed, server_cpu_s, held}]}]}; held: p99 was within the limit, and every request was answered.
// Errors: of the input and the servers.
Result<nlohmann::ordered_json> run_serve_bench(const ServeBench& options);

}  // namespace memo
