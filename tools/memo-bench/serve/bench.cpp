#include "tools/memo-bench/serve/bench.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "client/process/stderr_text.h"
#include "client/settings/setting_values.h"
#include "embed/json/json_text.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/serve/fixed_server.h"
#include "tools/memo-bench/serve/load.h"
#include "tools/memo-bench/store/server.h"
#include "tools/memo-bench/stream/mails.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kStep = 1.5;                  // between the rates of a search
constexpr double kPrecision = 1.06;            // the largest rate is known within this factor
constexpr std::size_t kMaxRequests = 100'000;  // of a trial
constexpr auto kStartTime = std::chrono::seconds(60);
constexpr std::size_t kFixedBytes = 4700;  // an embedding of 384 numbers

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

Result<Address> parse_url(std::string url) {
  if (url.starts_with("http://")) url = url.substr(7);
  const std::size_t colon = url.find(':');
  const Result<std::uint32_t> port = parse_count(colon == std::string::npos ? "" : url.substr(colon + 1));
  if (!port || *port > 65535)
    return Status(StatusCode::invalid_argument, fmt::format("--url is \"{}\", must be ADDRESS:PORT", url));
  return Address{url.substr(0, colon), static_cast<std::uint16_t>(*port)};
}

std::vector<std::string> bodies_of(const StreamTexts& stream) {
  std::vector<std::string> bodies;
  for (const StreamText& text : stream.texts)
    bodies.push_back(Json{{"inputs", text.text}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  return bodies;
}

// The servers of a trial, that end with it.
class TrialServers {
 public:
  static Result<TrialServers> start(const ServeBench& bench, const std::string& memo) {
    TrialServers servers;
    if (bench.model.empty()) {
      MEMO_ASSIGN_OR_RETURN(servers.address_, parse_url(bench.url));
      return servers;
    }
    if (memo == "fixed") {
      MEMO_ASSIGN_OR_RETURN(servers.fixed_, FixedServer::start(kFixedBytes));
      servers.address_.port = servers.fixed_->port();
      return servers;
    }
    servers.folder_ = std::make_unique<TemporaryFolder>(bench.folder, "memo-bench");
    MEMO_RETURN_IF_ERROR(servers.folder_->status());
    const std::string folder = servers.folder_->path();
    std::string endpoint = memo == "pool" ? fmt::format("file:{}/pool", folder) : "none";
    if (memo == "memod") {
      endpoint = fmt::format("unix:{}/socket", folder);
      MEMO_ASSIGN_OR_RETURN(auto memod,
                            ServerProcess::start({program_beside_us("memod"), "--pool", folder + "/pool", "--size",
                                                  bench.pool_size, "--listen", endpoint},
                                                 folder + "/memod.log"));
      servers.memod_ = std::make_unique<ServerProcess>(std::move(memod));
    }
    std::vector<std::string> command = {program_beside_us("memo-serve"),
                                        "--model",
                                        bench.model,
                                        "--memo",
                                        endpoint,
                                        "--pool-size",
                                        bench.pool_size,
                                        "--listen",
                                        "127.0.0.1:0"};
    command.insert(command.end(), bench.options.begin(), bench.options.end());
    servers.log_ = folder + "/serve.log";
    MEMO_ASSIGN_OR_RETURN(auto serve, ServerProcess::start(command, servers.log_));
    servers.serve_ = std::make_unique<ServerProcess>(std::move(serve));
    MEMO_ASSIGN_OR_RETURN(servers.address_, servers.wait_until_ready());
    return servers;
  }

  const Address& address() const { return address_; }
  // Waits until what a start leaves behind is done, such as writing zeros to a new pool.
  void settle() const {
    double before = -1;
    for (int i = 0; i < 100 && cpu_seconds() > before; ++i) {
      before = cpu_seconds();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }

  // 0 for a server that is not ours.
  double cpu_seconds() const {
    return (fixed_ == nullptr ? 0 : fixed_->cpu_seconds()) + (serve_ == nullptr ? 0 : serve_->cpu_seconds()) +
           (memod_ == nullptr ? 0 : memod_->cpu_seconds());
  }

 private:
  // It says where it listens once it does.
  Result<Address> wait_until_ready() {
    static constexpr std::string_view kSaid = "listening on http://";
    const auto end = std::chrono::steady_clock::now() + kStartTime;
    while (std::chrono::steady_clock::now() < end && serve_->is_running()) {
      const Result<std::string> log = read_text_file(log_, 1 << 20);
      const std::size_t said = log ? log->find(kSaid) : std::string::npos;
      if (said != std::string::npos && log->find('\n', said) != std::string::npos)
        return parse_url(log->substr(said + kSaid.size(), log->find('\n', said) - said - kSaid.size()));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return Status(StatusCode::unavailable, fmt::format("memo-serve did not start: {}", serve_->last_line()));
  }

  std::unique_ptr<FixedServer> fixed_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::string log_;
  std::unique_ptr<ServerProcess> memod_;
  std::unique_ptr<ServerProcess> serve_;
  Address address_;
};

class Search {
 public:
  Search(const ServeBench& bench, const StreamTexts& texts) : bench_(bench), bodies_(bodies_of(texts)) {
    for (const std::size_t draw : zipf_draws(bodies_.size(), bench.warm + kMaxRequests, bench.zipf, bench.seed))
      order_.push_back(&bodies_[draw]);
  }

  // Every case at every rate, in turn, so that what else the machine does falls on all of them.
  Result<Json> measure_rates() {
    const std::vector<std::string> memos = bench_.cases();
    std::vector<Json> trials(memos.size(), Json::array());
    for (std::uint32_t round = 0; round < bench_.rounds; ++round)
      for (const double rate : bench_.rates)
        for (std::size_t i = 0; i < trials.size(); ++i) MEMO_RETURN_IF_ERROR(measure(memos[i], rate, trials[i]));
    Json cases = Json::array();
    for (std::size_t i = 0; i < memos.size(); ++i) cases.push_back({{"memo", memos[i]}, {"trials", trials[i]}});
    return cases;
  }

  // The largest rate at which answers are fast, of every case.
  Result<Json> search_all() {
    Json cases = Json::array();
    for (const std::string& memo : bench_.cases()) {
      MEMO_ASSIGN_OR_RETURN(cases.emplace_back(), search(memo));
    }
    return cases;
  }

 private:
  Result<Json> search(const std::string& memo) {
    Json trials = Json::array();
    double held = 0;
    double failed = 0;
    const auto try_rate = [&](double rate) -> Status {
      MEMO_RETURN_IF_ERROR(measure(memo, rate, trials));
      (trials.back()["held"].get<bool>() ? held : failed) = rate;
      return Status::ok();
    };
    MEMO_RETURN_IF_ERROR(try_rate(bench_.first_rate));
    while (held == 0 && failed > 1) MEMO_RETURN_IF_ERROR(try_rate(failed / kStep));
    while (failed == 0) MEMO_RETURN_IF_ERROR(try_rate(held * kStep));
    while (held > 0 && failed / held > kPrecision) MEMO_RETURN_IF_ERROR(try_rate(std::sqrt(held * failed)));
    return Json{{"memo", memo}, {"sustained_rate", held}, {"trials", trials}};
  }

  // One trial with the connections that only hold a place, and at fixed rates one without them before it.
  Status measure(const std::string& memo, double rate, Json& trials) {
    if (bench_.idle + bench_.slow > 0 && !bench_.rates.empty()) {
      MEMO_ASSIGN_OR_RETURN(trials.emplace_back(), trial(memo, rate, 0, 0));
    }
    MEMO_ASSIGN_OR_RETURN(trials.emplace_back(), trial(memo, rate, bench_.idle, bench_.slow));
    return Status::ok();
  }

  Result<Json> trial(const std::string& memo, double rate, std::uint32_t idle, std::uint32_t slow) {
    MEMO_ASSIGN_OR_RETURN(const TrialServers servers, TrialServers::start(bench_, memo));
    LoadPlan plan;
    plan.host = servers.address().host;
    plan.port = servers.address().port;
    plan.path = bench_.path;
    plan.connections = bench_.connections;
    plan.seed = bench_.seed;
    const std::size_t warm =
        memo == "none" && !bench_.model.empty() ? std::min<std::size_t>(bench_.warm, 50) : bench_.warm;
    plan.rate = 0;
    plan.max_latency_s = 1e9;
    plan.bodies = part(bench_.warm - warm, warm);
    MEMO_RETURN_IF_ERROR(run_load(plan).status());
    servers.settle();
    plan.rate = rate;
    plan.max_latency_s = std::max(2.0, 8e-3 * bench_.max_p99_ms);
    plan.idle_connections = idle;
    plan.slow_connections = slow;
    plan.bodies = part(bench_.warm, static_cast<std::size_t>(rate * bench_.seconds));
    const double cpu_s = servers.cpu_seconds();
    MEMO_ASSIGN_OR_RETURN(const LoadFigures figures, run_load(plan));
    Json json = json_of(rate, plan, figures);
    json["server_cpu_s"] = servers.cpu_seconds() - cpu_s;
    say("memo-bench",
        fmt::format("{}: {:.0f} requests/s{}: p50 {:.3f} ms, p99 {:.2f} ms, {:.1f} % found{}", memo, rate,
                    idle + slow > 0 ? fmt::format(" beside {} connections", idle + slow) : "",
                    json["p50_ms"].get<double>(), json["p99_ms"].get<double>(), 1e2 * json["found"].get<double>(),
                    json["held"].get<bool>() ? "" : ", too slow"));
    return json;
  }

  std::span<const std::string* const> part(std::size_t first, std::size_t count) const {
    return std::span(order_).subspan(first, std::min(count, order_.size() - first));
  }

  Json json_of(double rate, const LoadPlan& plan, const LoadFigures& figures) const {
    const double p99_ms = 1e3 * figures.quantile_s(0.99);
    const bool held = !figures.given_up && figures.refused + figures.failed == 0 && p99_ms <= bench_.max_p99_ms;
    return {{"rate", rate},
            {"idle", plan.idle_connections},
            {"slow", plan.slow_connections},
            {"requests", plan.bodies.size()},
            {"achieved", figures.rate()},
            {"p50_ms", 1e3 * figures.quantile_s(0.5)},
            {"p99_ms", p99_ms},
            {"p999_ms", 1e3 * figures.quantile_s(0.999)},
            {"max_ms", 1e3 * figures.quantile_s(1)},
            {"found", static_cast<double>(figures.found) /
                          static_cast<double>(std::max<std::size_t>(figures.latencies_s.size(), 1))},
            {"refused", figures.refused},
            {"failed", figures.failed},
            {"held", held}};
  }

  const ServeBench& bench_;
  const std::vector<std::string> bodies_;
  std::vector<const std::string*> order_;  // as they are asked for
};

}  // namespace

Status ServeBench::validate() const {
  if (model.empty() == url.empty())
    return {StatusCode::invalid_argument, "one of --model and --url is needed: what to start, or what to measure"};
  for (const std::string& memo : memos)
    if (memo != "none" && memo != "pool" && memo != "memod" && memo != "fixed")
      return {StatusCode::invalid_argument,
              fmt::format("--memo is \"{}\", must be none, pool, memod or fixed", memo)};
  return url.empty() ? Status::ok() : parse_url(url).status();
}

std::vector<std::string> ServeBench::cases() const {
  return url.empty() ? memos : std::vector<std::string>{url};
}

Result<nlohmann::ordered_json> run_serve_bench(const ServeBench& options) {
  MEMO_ASSIGN_OR_RETURN(const StreamTexts texts, read_stream(options.input, options.texts));
  Search search(options, texts);
  MEMO_ASSIGN_OR_RETURN(const Json cases, options.rates.empty() ? search.search_all() : search.measure_rates());
  return Json{{"model", options.model},
              {"url", options.url},
              {"texts", texts.texts.size()},
              {"zipf", options.zipf},
              {"max_p99_ms", options.max_p99_ms},
              {"warm", options.warm},
              {"seconds", options.seconds},
              {"connections", options.connections},
              {"cases", cases}};
}

}  // namespace memo
