#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <numbers>
#include <random>

#include "client/process/stderr_text.h"
#include "memod/store/store.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/samples.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::uint32_t, 4> kLengths = {32, 64, 128, 256};
constexpr std::uint32_t kHeads = 4;
constexpr std::uint32_t kDimension = 16;
constexpr std::int64_t kDayNs = 86'400'000'000'000;

// The bytes of a map of `length` tokens: one per element, and a scale per row.
std::uint64_t map_bytes(std::uint64_t length) {
  return kHeads * length * (length + 4);
}

struct Request {
  std::size_t space = 0;
  std::uint64_t text = 0;
};

// Each length has its peak hours, a quarter of a day apart from the next length's. Texts repeat with Zipf-like
// popularity, and every day a part of the texts is new.
class Traffic {
 public:
  Traffic(const LengthsBench& options, std::uint64_t seed) : options_(options), random_(seed) {}

  Request next(std::uint64_t number) {
    const double day = static_cast<double>(number) / options_.requests_a_day;
    std::array<double, kLengths.size()> weights{};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double phase = 2 * std::numbers::pi * (day + static_cast<double>(i) / weights.size());
      weights[i] = std::pow(std::max(0.0, std::sin(phase)), 2) + 0.02;
    }
    std::discrete_distribution<std::size_t> space(weights.begin(), weights.end());
    std::uniform_real_distribution<double> uniform(0, 1);
    const auto rank = static_cast<std::uint64_t>(std::pow(uniform(random_), 3) * 4000);
    return {space(random_), rank + static_cast<std::uint64_t>(day) * 500};
  }

 private:
  const LengthsBench& options_;
  std::mt19937_64 random_;
};

class LengthsRun {
 public:
  LengthsRun(const LengthsBench& options, const std::string& path)
      : options_(options), traffic_(options, options.seed) {
    store_options_.path = path;
    store_options_.create_bytes = options.pool_bytes;
    store_options_.unix_ns = [this] { return now_.load(); };
  }
  ~LengthsRun() {
    if (store_) store_->unregister_leases(leases_);
  }

  Result<Json> run() {
    MEMO_ASSIGN_OR_RETURN(store_, Store::open(store_options_));
    store_->register_leases(leases_);
    for (std::size_t i = 0; i < kLengths.size(); ++i) MEMO_RETURN_IF_ERROR(open_space(i));
    Json days = Json::array();
    const std::uint64_t all = std::uint64_t{options_.days} * options_.requests_a_day;
    for (std::uint64_t number = 0; number < all; ++number) {
      now_ += kDayNs / options_.requests_a_day;
      MEMO_RETURN_IF_ERROR(serve(traffic_.next(number)));
      if (number % (options_.requests_a_day / 24 + 1) == 0) note_stranded();
      if ((number + 1) % options_.requests_a_day == 0) days.push_back(end_of_day());
    }
    const auto check = store_->check(0, UINT32_MAX, false);
    const auto stats = store_->stats();
    return Json{{"pool_bytes", options_.pool_bytes},
                {"requests_a_day", options_.requests_a_day},
                {"days", days},
                {"evicted", stats->evicted},
                {"consistent", check->damage.empty()}};
  }

 private:
  Status open_space(std::size_t i) {
    const auto space = store_->open_space({.model = {1, 1},
                                           .length_bucket = kLengths[i],
                                           .heads = kHeads,
                                           .feature_dimension = kDimension,
                                           .payload_bytes = map_bytes(kLengths[i])});
    if (space) spaces_.push_back(*space);
    return space.status();
  }

  Status serve(const Request& request) {
    const LookupItem item{{request.space, request.text}, {}, 0};
    const std::uint32_t lease = 0;
    std::optional<Found> found;
    MEMO_RETURN_IF_ERROR(
        store_->find({spaces_[request.space], Layer{0}, 0, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}));
    leases_.release(0);
    ++requests_;
    if (found) {
      ++hits_;
      return Status::ok();
    }
    const std::uint32_t length = kLengths[request.space];
    const auto feature = bench_feature(request.text, kDimension);
    const std::vector<std::byte> payload(map_bytes(length), std::byte{1});
    const auto published =
        store_->publish(spaces_[request.space],
                        {.layer = Layer{0},
                         .key = item.key,
                         .feature = feature,
                         .length = length,
                         // The time of attention grows with the square of the length.
                         .cost_us = static_cast<float>(length) * static_cast<float>(length) / 16},
                        payload);
    if (!published && published.status().code() != StatusCode::full) return published.status();
    refused_ += !published;
    return Status::ok();
  }

  // Bytes of free slots: room that only one space can use.
  void note_stranded() {
    const auto stats = store_->stats();
    double stranded = 0;
    for (const SpaceStats& space : stats->spaces)
      if (space.slots > 0)
        stranded += static_cast<double>(space.slots - space.memos) * static_cast<double>(space.reserved_bytes) /
                    static_cast<double>(space.slots);
    const double share = stranded / static_cast<double>(stats->pool_bytes);
    stranded_sum_ += share;
    stranded_max_ = std::max(stranded_max_, share);
    ++stranded_count_;
  }

  Json end_of_day() {
    const auto stats = store_->stats();
    Json spaces = Json::array();
    for (const SpaceStats& space : stats->spaces)
      spaces.push_back({{"length", space.spec.length_bucket},
                        {"memos", space.memos},
                        {"reserved_bytes", space.reserved_bytes}});
    Json day = {{"hit_rate", static_cast<double>(hits_) / static_cast<double>(requests_)},
                {"refused", refused_},
                {"stranded_share", {{"mean", stranded_sum_ / stranded_count_}, {"max", stranded_max_}}},
                {"spaces", spaces}};
    print_stderr("day done: {:.1f} % hits, {:.2f} % of the pool stranded on average\n",
                 100 * day["hit_rate"].get<double>(), 100 * stranded_sum_ / stranded_count_);
    hits_ = requests_ = refused_ = stranded_count_ = 0;
    stranded_sum_ = stranded_max_ = 0;
    return day;
  }

  const LengthsBench& options_;
  Traffic traffic_;
  std::atomic<std::int64_t> now_ = 1'700'000'000'000'000'000;
  StoreOptions store_options_;
  std::array<std::atomic<std::uint64_t>, 1> words_{};
  LeaseTable leases_{words_};
  std::unique_ptr<Store> store_;
  std::vector<SpaceId> spaces_;
  std::uint64_t requests_ = 0, hits_ = 0, refused_ = 0, stranded_count_ = 0;
  double stranded_sum_ = 0, stranded_max_ = 0;
};

}  // namespace

Result<Json> run_lengths_bench(const LengthsBench& options) {
  const TemporaryFolder folder(options.folder, "memo-bench");
  MEMO_RETURN_IF_ERROR(folder.status());
  return LengthsRun(options, folder.path() + "/pool").run();
}

BenchCommand add_lengths_command(CLI::App& app) {
  auto options = std::make_shared<LengthsBench>();
  CLI::App* command = app.add_subcommand("lengths", "Simulated days of traffic whose lengths change");
  command->add_option("--folder", options->folder, "Where to put the pool")->capture_default_str();
  command->add_option("--pool-bytes", options->pool_bytes, "Its size")->capture_default_str();
  command->add_option("--days", options->days, "Days")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--requests", options->requests_a_day, "Requests a day")
      ->check(CLI::Range(24, 100'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the traffic")->capture_default_str();
  return {command, [] { return Status::ok(); }, [options] { return run_lengths_bench(*options); }};
}

}  // namespace memo
