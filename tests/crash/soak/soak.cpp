// soak: kills memod again and again under mixed load, and checks that nothing acknowledged is lost, torn or crossed.
// tools/soak builds and runs it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/crash/soak/soak_client.h"
#include "tests/crash/soak/soak_run.h"

namespace {

using namespace memo;
using namespace memo::soak;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct CommandLine {
  SoakOptions run;
  SoakClientOptions client;
  double minutes = 0;
  std::string json;
};

void add_options(CLI::App& app, CommandLine& line) {
  app.add_option("--kills", line.run.kills, "How often memod is killed")->capture_default_str();
  app.add_option("--minutes", line.minutes, "End after so long, if earlier");
  app.add_option("--seed", line.run.seed, "Of everything that is random")->capture_default_str();
  app.add_option("--json", line.json, "Write the figures to this file, too")->type_name("FILE");
  app.add_option("--memod", line.run.memod, "The daemon's program; default: beside this one")->type_name("PATH");
  // How it starts its own clients.
  app.add_option("--client", line.client.client)->group("");
  app.add_option("--socket", line.client.socket)->group("");
  app.add_option("--log", line.client.log)->group("");
  app.footer(
      "Exit codes: 0 nothing was lost, torn, crossed or evicted, 1 something was, or memod failed, 2 wrong "
      "usage.");
}

void show_progress(const SoakTotals& totals) {
  if (isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r{} kills, {} acknowledged, {} lookups, {} lost, {} torn, {} crossed ", totals.kills,
             totals.acknowledged, totals.lookups, totals.lost, totals.torn, totals.crossed);
  std::fflush(stderr);
}

nlohmann::ordered_json json_of(const SoakTotals& totals, std::uint64_t seed) {
  return {{"kills", totals.kills},
          {"client_kills", totals.client_kills},
          {"acknowledged", totals.acknowledged},
          {"lost", totals.lost},
          {"torn", totals.torn},
          {"crossed", totals.crossed},
          {"erased", totals.erased},
          {"evicted", totals.evicted},
          {"verified", totals.verified},
          {"lookups", totals.lookups},
          {"hits", totals.hits},
          {"seconds", totals.seconds},
          {"seed", seed}};
}

int run_soak(const CommandLine& line) {
  SoakRun run(line.run);
  const Status status = run.run(show_progress);
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
  for (const std::string& finding : run.findings()) fmt::print(stderr, "soak: {}\n", finding);
  const auto figures = json_of(run.totals(), line.run.seed);
  for (const auto& [name, value] : figures.items()) fmt::print("{:<14}{:>12}\n", name, value.dump());
  if (!line.json.empty() && !(std::ofstream(line.json) << figures.dump(2) << "\n").flush()) {
    fmt::print(stderr, "soak: cannot write {}\n", line.json);
    return kFailed;
  }
  if (!status) fmt::print(stderr, "soak: {}\n", status.message());
  return status && run.totals().is_clean() ? EXIT_SUCCESS : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Kills memod at random instants under the load of four clients, and checks what is left.", "soak"};
  CommandLine line;
  add_options(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  try {
    if (!line.client.socket.empty()) {
      line.client.seed = line.run.seed;
      SoakClient(line.client).run();
    }
    line.run.self = std::filesystem::read_symlink("/proc/self/exe").string();
    if (line.run.memod.empty())
      line.run.memod = (std::filesystem::path(line.run.self).parent_path() / "memod").string();
    if (line.minutes > 0) line.run.limit = std::chrono::seconds(static_cast<std::int64_t>(line.minutes * 60));
    return run_soak(line);
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak: {}\n", error.what());
    return kFailed;
  }
}
