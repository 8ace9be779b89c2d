#include "tests/crash/soak/soak_run.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "client/attached/control_client.h"
#include "tests/support/eventually.h"
#include "tests/support/pool/pool_image.h"

namespace memo::soak {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSample = 300;  // older memos that are verified after a restart
// Of that many kills one hits a daemon that may not be ready yet, and one takes a client along.
constexpr std::uint64_t kEarlyKills = 4;
constexpr std::uint64_t kClientKills = 5;

std::vector<std::string> log_paths(const test::TempDir& folder) {
  std::vector<std::string> paths;
  for (std::uint32_t client = 0; client < kClients; ++client)
    paths.push_back(folder.file(fmt::format("client{}.log", client)));
  return paths;
}

}  // namespace

SoakRun::SoakRun(const SoakOptions& options)
    : options_(options), random_(options.seed), folder_(test::fast_folder()), oracle_(log_paths(folder_)) {
  clients_.resize(kClients);
}

Status SoakRun::run(const std::function<void(const SoakTotals&)>& progress) {
  const auto started = Clock::now();
  const auto elapsed = [&] { return Clock::now() - started; };
  SoakTotals& totals = oracle_.totals();
  while (totals.kills < options_.kills && (!options_.limit || elapsed() < *options_.limit)) {
    MEMO_RETURN_IF_ERROR(round());
    totals.kills += 1;
    totals.seconds = std::chrono::duration<double>(elapsed()).count();
    progress(totals);
  }
  for (auto& client : clients_) client.reset();
  start_daemon();
  MEMO_RETURN_IF_ERROR(await_daemon());
  MEMO_RETURN_IF_ERROR(oracle_.verify_all(socket_));
  totals.seconds = std::chrono::duration<double>(elapsed()).count();
  return Status::ok();
}

// From one start of the daemon to its death.
Status SoakRun::round() {
  start_daemon();
  start_clients();
  if (below(kEarlyKills) == 0) {
    sleep_random(milliseconds(0), milliseconds(20), milliseconds(100));
  } else {
    MEMO_RETURN_IF_ERROR(await_daemon());
    MEMO_RETURN_IF_ERROR(oracle_.verify(socket_, kSample, random_));
    sleep_random(milliseconds(20), milliseconds(120), milliseconds(500));
  }
  if (below(kClientKills) == 0) {
    // Another one takes its place after the daemon's death: an erase that this one had sent must not come after what
    // the next one publishes.
    clients_[below(kClients)].reset();
    oracle_.totals().client_kills += 1;
  }
  return kill_daemon();
}

void SoakRun::start_daemon() {
  const std::vector<std::string> command = {
      options_.memod, "--pool",         folder_.file("pool"), "--size", std::to_string(kPoolBytes),
      "--listen",     "unix:" + socket_};
  daemon_ = std::make_unique<test::ChildProcess>(command, folder_.path().string());
}

Status SoakRun::await_daemon() {
  const auto answers = [this] {
    auto control = ControlClient::connect(socket_, std::chrono::seconds(10));
    return control && (*control)->stats();
  };
  if (test::eventually([&] { return answers() || !daemon_->running(); }) && daemon_->running())
    return Status::ok();
  return {StatusCode::unavailable, "memod does not start: " + daemon_->errors()};
}

Status SoakRun::kill_daemon() {
  if (!daemon_->running()) return {StatusCode::unavailable, "memod ended by itself: " + daemon_->errors()};
  daemon_->signal(SIGKILL);
  (void)daemon_->wait();
  return Status::ok();
}

// Those that are not running.
void SoakRun::start_clients() {
  for (std::uint32_t client = 0; client < kClients; ++client) {
    if (clients_[client] && clients_[client]->running()) continue;
    const std::vector<std::string> command = {options_.self,    "--client", std::to_string(client),
                                              "--socket",       socket_,    "--log",
                                              log_path(client), "--seed",   std::to_string(random_())};
    clients_[client] = std::make_unique<test::ChildProcess>(command, folder_.path().string());
  }
}

void SoakRun::sleep_random(milliseconds least, milliseconds mean, milliseconds most) {
  std::exponential_distribution<> distribution(1.0 / static_cast<double>(mean.count()));
  const std::chrono::duration<double, std::milli> drawn(distribution(random_));
  std::this_thread::sleep_for(std::clamp<std::chrono::duration<double, std::milli>>(drawn, least, most));
}

std::uint64_t SoakRun::below(std::uint64_t limit) {
  return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
}

std::string SoakRun::log_path(std::uint32_t client) const {
  return log_paths(folder_)[client];
}

}  // namespace memo::soak
