#include "tools/memo-bench/store/client/client_round.h"

#include <time.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

std::uint64_t nanoseconds_between(Clock::time_point start, Clock::time_point end) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
}

double cpu_seconds() {
  timespec time = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Checks that a payload is readable by its first word, which is that of the key in every payload.
bool begins_as(const Key& key, std::span<const std::byte> payload) {
  std::uint64_t word = 0;
  if (payload.size() < sizeof(word)) return false;
  std::memcpy(&word, payload.data(), sizeof(word));
  return word == key.low;
}

}  // namespace

ClientRound::ClientRound(Contestant& contestant, Traffic& traffic, const Workload& workload)
    : contestant_(contestant), traffic_(traffic), workload_(workload), hits_(workload.batch) {}

void ClientRound::run(const Extent& extent) {
  const PublishTotals before = contestant_.publish_totals();
  const Clock::time_point start =
      extent.start_ns == 0 ? Clock::now() : Clock::time_point(std::chrono::nanoseconds(extent.start_ns));
  std::this_thread::sleep_until(start);
  const double cpu_before = cpu_seconds();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(extent.seconds));
  for (std::uint64_t done = 0; extent.operations > 0 ? done < extent.operations : Clock::now() < end; ++done)
    operate();
  if (workload_.publish_share > 0)
    if (const Status flushed = contestant_.flush(); !flushed) fail(flushed);
  figures_.wall_s = seconds_between(start, Clock::now());
  figures_.cpu_s = cpu_seconds() - cpu_before;
  const PublishTotals after = contestant_.publish_totals();
  figures_.published = after.stored - before.stored;
  figures_.published_bytes = figures_.published * workload_.payload_bytes;
  figures_.refused = after.refused - before.refused;
  figures_.draft_waits = after.waits - before.waits;
}

void ClientRound::operate() {
  if (traffic_.next_is_publish())
    publish();
  else
    lookup();
}

void ClientRound::publish() {
  const auto begun = Clock::now();
  const BenchMemo memo = traffic_.next_memo();
  const auto made = Clock::now();
  const Status published = contestant_.publish(memo);
  figures_.publish_times.add(nanoseconds_between(made, Clock::now()));
  figures_.making_s += seconds_between(begun, made);
  if (!published) fail(published);
}

void ClientRound::lookup() {
  const auto begun = Clock::now();
  const std::span<const BenchQuery> queries = traffic_.next_lookup();
  const auto made = Clock::now();
  figures_.making_s += seconds_between(begun, made);
  const Status status = contestant_.lookup(queries, hits_);
  if (status) {
    judge(queries);
    figures_.lookup_times.add(nanoseconds_between(made, Clock::now()));
  } else {
    fail(status);
  }
  figures_.revoked += !contestant_.release();
  ++figures_.lookups;
  figures_.items += queries.size();
}

// Reads what a lookup found; this counts as part of the lookup's time.
void ClientRound::judge(std::span<const BenchQuery> queries) {
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const BenchHit& hit = hits_[i];
    figures_.missed += traffic_.is_stored(i) && !hit.found;
    if (!hit.found) continue;
    ++figures_.hits;
    const bool right_key = !queries[i].feature.empty() || hit.key == queries[i].key;
    const bool right_bytes =
        hit.payload.size() == workload_.payload_bytes &&
        (workload_.read_payload ? is_payload_of(hit.key, hit.payload) : begins_as(hit.key, hit.payload));
    figures_.wrong += !right_key || !right_bytes;
    if (workload_.read_payload) figures_.read_bytes += hit.payload.size();
  }
}

void ClientRound::fail(const Status& status) {
  ++figures_.failed;
  if (figures_.failure.empty()) figures_.failure = status.message();
}

}  // namespace memo
