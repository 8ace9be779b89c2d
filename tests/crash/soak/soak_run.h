// SoakRun: a daemon that is killed at random instants, over and over, under the load of client processes that die, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "memo/status.h"
#include "tests/crash/soak/soak_oracle.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace memo::soak {

struct SoakOptions {
  std::string memod;  // the program
  std::string self;   // this program, which is its own client: SELF --client N --socket PATH --log PATH --seed N
  std::uint64_t kills = 1000;
  std::optional<std::chrono::seconds> limit = std::nullopt;
  std::uint64_t seed = 1;
};

class SoakRun {
 public:
  explicit SoakRun(const SoakOptions& options);

  // Errors: the daemon does not start, dies by itself, or cannot be reached.
  // `progress` is called after every kill.
  Status run(const std::function<void(const SoakTotals&)>& progress);

  const SoakTotals& totals() { return oracle_.totals(); }
  const std::vector<std::string>& findings() const { return oracle_.findings(); }

 private:
  Status round();
  void start_daemon();
  Status await_daemon();
  Status kill_daemon();
  void start_clients();
  void sleep_random(std::chrono::milliseconds least, std::chrono::milliseconds mean,
                    std::chrono::milliseconds most);
  std::uint64_t below(std::uint64_t limit);
  std::string log_path(std::uint32_t client) const;

  const SoakOptions options_;
  std::mt19937_64 random_;
  test::TempDir folder_;
  const std::string socket_ = folder_.file("socket");
  SoakOracle oracle_;
  std::unique_ptr<test::ChildProcess> daemon_;
  std::vector<std::unique_ptr<test::ChildProcess>> clients_;
};

}  // namespace memo::soak
