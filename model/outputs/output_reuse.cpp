#include "model/outputs/output_reuse.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_map>

#include "model/memo/selection/memo_counters.h"
#include "model/memo/selection/online_selection.h"

namespace memo {
namespace {

// Each answer holds a lease until its row is copied, and a process has 1024 leases for all its engines.
constexpr std::size_t kMaxAsked = 256;

std::size_t count_tokens(std::span<const TokenSequence> texts, std::span<const std::size_t> places) {
  return std::accumulate(places.begin(), places.end(), std::size_t{0},
                         [&](std::size_t sum, std::size_t place) { return sum + texts[place].size(); });
}

std::size_t count_tokens(std::span<const TokenSequence> texts) {
  return std::accumulate(texts.begin(), texts.end(), std::size_t{0},
                         [](std::size_t sum, const TokenSequence& text) { return sum + text.size(); });
}

// Merges equal texts, in the order of their first occurrence.
OutputBatch different_texts(TokenSequences batch) {
  OutputBatch different;
  std::unordered_map<Key, std::size_t> places;
  for (const TokenSequence& text : batch) {
    const Key key = output_key(text);
    const auto [found, is_new] = places.emplace(key, different.texts.size());
    different.text_of.push_back(found->second);
    if (!is_new) continue;
    different.texts.push_back(text);
    different.keys.push_back(key);
  }
  return different;
}

}  // namespace

OutputReuse::OutputReuse(OutputSpace& space, double max_wait_s, std::uint32_t threads)
    : space_(space),
      threads_(threads),
      gate_(gate_options(space.selection())),
      time_(space.selection() == Selection::online || max_wait_s > 0, max_wait_s) {}

OutputBatch OutputReuse::begin(TokenSequences texts) {
  const PartTimer timer(seconds_.ask);
  OutputBatch batch = different_texts(texts);
  counters_.repeated += texts.size() - batch.texts.size();
  batch.rows.resize(batch.texts.size());
  batch.verdicts = space_.admission().judge(batch.keys);
  ask(batch);
  return batch;
}

void OutputReuse::ask(OutputBatch& batch) {
  batch.answered.assign(batch.texts.size(), false);
  if (const std::vector<std::size_t> places = choose(batch); !places.empty()) {
    double ask_s = 0;
    bool answered = false;
    {
      const PartTimer timer(ask_s);
      answered = look_up(batch, places);
    }
    const auto hits = static_cast<std::size_t>(std::ranges::count_if(batch.rows, &Tensor::defined));
    counters_.lookups += places.size();
    counters_.hits += hits;
    // A larger share of the sample is stored than of other texts, so lookups of the sample alone overstate the rate.
    if (answered && turn_ != GateTurn::closed) learn_of_lookups(batch, hits, ask_s);
  }
  for (std::size_t place = 0; place < batch.rows.size(); ++place)
    if (!batch.rows[place].defined()) batch.missing.push_back(place);
}

// While lookups do not pay, asks only for texts of the smallest sample, to learn whether they pay again.
std::vector<std::size_t> OutputReuse::choose(const OutputBatch& batch) {
  std::vector<std::size_t> places;
  if (!space_.available()) return places;
  turn_ = gate_.next();
  for (std::size_t place = 0; place < batch.texts.size(); ++place)
    if (turn_ != GateTurn::closed || batch.verdicts[place].watched) places.push_back(place);
  counters_.gated += batch.texts.size() - places.size();
  if (turn_ != GateTurn::open) counters_.probes += places.size();
  return places;
}

bool OutputReuse::look_up(OutputBatch& batch, std::span<const std::size_t> places) {
  const auto start = std::chrono::steady_clock::now();
  const std::chrono::microseconds within = time_.of(count_tokens(batch.texts, places), gate_.hit_rate());
  while (!places.empty()) {
    const auto now = places.first(std::min(places.size(), kMaxAsked));
    std::vector<LookupItem> items;
    for (const std::size_t place : now)
      items.push_back({batch.keys[place], {}, static_cast<std::uint32_t>(batch.texts[place].size())});
    std::vector<std::optional<Match>> matches(now.size());
    auto left = within;
    if (within != LookupRequest::kStoresOwn)
      left -= std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    if (const Status answered = space_.look_up(items, std::max(left, std::chrono::microseconds(0)), matches);
        !answered) {
      (answered.code() == StatusCode::deadline_exceeded ? counters_.late : counters_.errors) += places.size();
      return false;
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
      batch.answered[now[i]] = true;
      if (matches[i]) batch.rows[now[i]] = copy(*matches[i], batch.texts[now[i]]);
    }
    places = places.subspan(now.size());
  }
  return true;
}

// A memo of another size or length is not this text's, whoever stored it.
Tensor OutputReuse::copy(const Match& match, const TokenSequence& text) {
  const OutputShape& shape = space_.shape();
  const std::span<const std::byte> payload = match.view.payload();
  if (!match.exact || payload.size() != shape.payload_bytes(text.size()) || match.length != text.size()) {
    ++counters_.errors;
    return {};
  }
  Tensor row = Tensor::empty({static_cast<std::int64_t>(shape.numbers(text.size()))});
  std::memcpy(row.data_ptr(), payload.data(), payload.size());
  if (match.view.intact()) return row;
  ++counters_.revoked;
  return {};
}

void OutputReuse::learn_of_lookups(const OutputBatch& batch, std::size_t hits, double ask_s) {
  GateObservation observation;
  observation.trials = batch.texts.size();
  observation.hits = hits;
  if (time_.token_s() > 0)
    observation.saved_us = saved_us(count_tokens(batch.texts)) / static_cast<double>(batch.texts.size());
  observation.cost_us = 1e6 * threads_ * ask_s;
  gate_.record(observation);
}

void OutputReuse::conclude(const OutputBatch& batch, double seconds, const std::vector<bool>& exact) {
  counters_.computed += batch.missing.size();
  if (!batch.missing.empty()) time_.add_computed(count_tokens(batch.texts, batch.missing), seconds);
  std::size_t published = 0;
  double publish_s = 0;
  {
    const PartTimer timer(publish_s);
    for (std::size_t i = 0; i < batch.missing.size(); ++i) {
      if (!exact.empty() && !exact[i])
        ++counters_.not_exact;
      else
        published += publish(batch, batch.missing[i]) ? 1 : 0;
    }
  }
  seconds_.publish += publish_s;
  learn_of_publishes(batch, published, publish_s);
}

void OutputReuse::learn_of_publishes(const OutputBatch& batch, std::size_t published, double publish_s) {
  AdmissionReport report;
  report.published = published;
  report.publish_us = 1e6 * threads_ * publish_s;
  report.saved_us = saved_us(count_tokens(batch.texts)) / static_cast<double>(batch.texts.size());
  std::vector<bool> found(batch.texts.size(), true);
  for (const std::size_t place : batch.missing) found[place] = false;
  for (std::size_t place = 0; place < found.size(); ++place) {
    if (!batch.answered[place] || !batch.verdicts[place].sampled) continue;
    ++report.sampled_lookups;
    report.sampled_hits += found[place] ? 1 : 0;
  }
  space_.admission().learn(report);
}

bool OutputReuse::publish(const OutputBatch& batch, std::size_t place) {
  if (!batch.verdicts[place].admitted) {
    ++counters_.not_admitted;
    return false;
  }
  const auto tokens = static_cast<std::uint32_t>(batch.texts[place].size());
  if (!space_.available() || !space_.publish(batch.keys[place], tokens, batch.rows[place].elements(),
                                             static_cast<float>(saved_us(tokens)))) {
    ++counters_.dropped;
    return false;
  }
  ++counters_.published;
  return true;
}

}  // namespace memo
