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
  std::uint32_t texts = 0;  // the first so many of it; 0: all
  double zipf = 1.2;
  std::uint64_t seed = 1;
  std::vector<std::string> memos = {
      "none", "memod"};       // cases: memod, pool or none behind memo-serve; fixed: no memo-serve
  std::vector<double> rates;  // measured as they are; empty: the largest is searched for
  std::uint32_t rounds = 1;   // of these rates
  double first_rate = 40;
  double max_p99_ms = 250;
  double seconds = 20;        // of a trial
  std::uint32_t warm = 2000;  // requests before a trial, as fast as they are answered
  std::uint32_t connections = 64;
  std::uint32_t idle = 0;  // with these, trials at fixed rates are measured without and with them
  std::uint32_t slow = 0;
  std::string pool_size = "1GiB";
  std::string folder = "/dev/shm";
  std::vector<std::string> options;  // more of memo-serve's

  // Errors: invalid_argument.
  Status validate() const;
  // Their names.
  std::vector<std::string> cases() const;
};

// A trial starts servers of its own, with an empty pool, and answers the first `warm` texts of the stream before it
// measures those behind them. -> {model, texts, cases [{memo, sustained_rate, trials [{rate, idle, slow, requests,
// achieved, p50_ms, p99_ms, p999_ms, max_ms, found, refused, failed, server_cpu_s, held}]}]}; held: p99 was within the limit, and every request was answered.
// Errors: of the input and the servers.
Result<nlohmann::ordered_json> run_serve_bench(const ServeBench& options);

}  // namespace memo
