#include "tests/crash/soak/soak_client.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

#include "client/attach.h"

namespace memo::soak {
namespace {

constexpr std::uint64_t kMostBatch = 32;
constexpr float kReach = 9;  // of a similarity lookup: the neighbours are other clients' memos
constexpr float kAside = 2;  // how far from its memo a similarity lookup asks
constexpr Key kNobodys = {0xdead, 0xbeef};

}  // namespace

SoakClient::SoakClient(const SoakClientOptions& options)
    : options_(options), random_(options.seed), log_(options.log) {
  replay_log();
  AttachOptions attached{.lookup_deadline = std::chrono::seconds(10),
                         .control_deadline = std::chrono::seconds(10),
                         .retry_interval = std::chrono::milliseconds(5)};
  attached.draft_bytes = std::uint64_t{256 << 10} << below(6);
  attached.leases = leases_ = static_cast<std::uint32_t>(16u << below(6));
  auto store = attach("unix:" + options.socket, attached);
  if (!store) throw std::runtime_error(store.status().message());
  store_ = std::move(*store);
  for (std::uint32_t space = 0; space < kSpaces.size(); ++space)
    spaces_.push_back(store_->open_space(spec_of(space)).value());
}

void SoakClient::replay_log() {
  for (const SoakRecord& record : SoakLogReader(options_.log).read())
    if (record.is_of_memo())
      own_[record.memo()] = record.kind == SoakRecord::acknowledged ? State::present : State::in_doubt;
}

void SoakClient::run() {
  while (true) {
    const std::uint64_t dice = below(100);
    if (!store_->available())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    else if (dice < 50)
      look_up_batch();
    else if (dice < 85)
      publish_batch();
    else if (dice < 95)
      erase_some();
    else
      drop_views(held_.size());
    std::this_thread::sleep_for(std::chrono::microseconds(below(4000)));
  }
}

void SoakClient::publish_batch() {
  std::set<MemoId> chosen;
  for (std::uint64_t left = 1 + below(kMostBatch); left > 0; --left) {
    const MemoId memo = random_own_memo();
    chosen.insert(memo);
    const auto other = static_cast<std::uint32_t>(below(kSpaces.size()));
    if (below(2) == 0 && memo.number / kClients < kSpaces[other].numbers) chosen.insert({other, memo.number});
  }
  std::vector<SoakRecord> doubts;
  for (const MemoId memo : chosen) {
    // A duplicate of what is known to be there changes nothing.
    if (is_present(memo)) continue;
    doubts.push_back(record_of(SoakRecord::in_doubt, memo));
    own_[memo] = State::in_doubt;
  }
  log_.append(doubts);
  std::vector<SoakRecord> promises;
  for (const MemoId memo : publish_and_flush({chosen.begin(), chosen.end()})) {
    if (is_present(memo)) continue;
    promises.push_back(record_of(SoakRecord::acknowledged, memo));
    own_[memo] = State::present;
  }
  log_.append(promises);
}

std::vector<MemoId> SoakClient::publish_and_flush(const std::vector<MemoId>& memos) {
  const MemoStore::PublishCounts before = store_->publish_counts();
  std::vector<MemoId> published;
  for (const MemoId memo : memos)
    if (publish(memo)) published.push_back(memo);
  if (!store_->flush(std::chrono::seconds(10))) return {};
  const MemoStore::PublishCounts after = store_->publish_counts();
  const std::uint64_t stored = after.acknowledged + after.duplicates - before.acknowledged - before.duplicates;
  const bool all =
      stored == published.size() && after.refused == before.refused && after.dropped == before.dropped;
  return all ? published : std::vector<MemoId>{};
}

// Without a free draft the memo is left out.
bool SoakClient::publish(MemoId memo) {
  auto draft = store_->draft(spaces_[memo.space], payload_bytes(memo));
  if (!draft) return false;
  fill_payload(memo, draft->payload);
  const std::vector<float> feature = feature_of(memo);
  return store_
      ->publish(std::move(*draft),
                {.layer = memo.layer(), .key = memo.key(), .feature = feature, .length = 100, .cost_us = 1})
      .is_ok();
}

// One layer of one space, each item by key or by a feature near to a memo's.
void SoakClient::look_up_batch() {
  const MemoId first = random_memo();
  const std::uint64_t most = std::min<std::uint64_t>(kMostBatch, leases_ / 2);
  std::vector<MemoId> asked;
  for (std::uint64_t left = 1 + below(most); left > 0; --left) {
    const MemoId memo = {first.space, random_memo().number};
    if (memo.layer() == first.layer()) asked.push_back(memo);
  }
  drop_views(held_.size() + asked.size() > leases_ / 2 ? held_.size() : 0);
  std::vector<std::vector<float>> features;
  std::vector<LookupItem> items;
  for (const MemoId memo : asked) {
    features.push_back(feature_of(memo));
    features.back()[1] = kAside;
    const bool by_key = below(2) == 0;
    items.push_back({by_key ? memo.key() : kNobodys,
                     by_key ? std::span<const float>() : std::span<const float>(features.back())});
  }
  std::vector<std::optional<Match>> matches(items.size());
  if (!store_->lookup({spaces_[first.space], first.layer(), kReach, items}, matches)) return;
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    hits += matches[i].has_value();
    if (!matches[i]) {
      if (is_present(asked[i])) log_.append(record_of(SoakRecord::lost, asked[i]));
      continue;
    }
    judge_answer(asked[i], *matches[i]);
    if (below(4) == 0) held_.push_back({{first.space, matches[i]->key.low}, std::move(matches[i]->view)});
  }
  count(items.size(), hits);
}

// An answer says what memo it is; that must be one that may answer the question, at the distance it says.
void SoakClient::judge_answer(MemoId asked, const Match& match) {
  const MemoId answered = {asked.space, match.key.low};
  const float along = static_cast<float>(answered.number) - static_cast<float>(asked.number);
  const float distance = match.exact ? 0 : std::hypot(along, kAside);
  const bool fits = match.key == answered.key() && answered.layer() == asked.layer() &&
                    (!match.exact || answered == asked) && std::abs(distance - match.distance) < 0.01f;
  const Answer answer = fits ? judge(answered, match.view.payload()) : Answer::torn;
  if (match.view.intact()) report(answer, answered);
}

void SoakClient::report(Answer answer, MemoId memo) {
  if (answer == Answer::torn) log_.append(record_of(SoakRecord::torn, memo));
  if (answer == Answer::crossed) log_.append(record_of(SoakRecord::crossed, memo));
}

// While a view is intact its bytes are the memo's, even when its daemon has died and the slot been reused.
void SoakClient::drop_views(std::size_t most) {
  for (; most > 0 && !held_.empty(); --most) {
    const Held held = std::move(held_.front());
    held_.pop_front();
    const Answer answer = judge(held.memo, held.view.payload());
    if (held.view.intact()) report(answer, held.memo);
  }
}

void SoakClient::erase_some() {
  if (!control_) {
    auto control = ControlClient::connect(options_.socket, std::chrono::seconds(10));
    if (!control) return;
    control_ = std::move(*control);
  }
  for (std::uint64_t left = 1 + below(kMostBatch); left > 0; --left) {
    const MemoId memo = random_own_memo();
    if (!is_present(memo)) continue;
    log_.append(record_of(SoakRecord::in_doubt, memo));
    own_[memo] = State::in_doubt;
    const auto space = control_->open_space(spec_of(memo.space));
    const Status erased = space ? control_->erase(*space, memo.layer(), memo.key()) : space.status();
    if (erased)
      log_.append(record_of(SoakRecord::erased, memo));
    else if (erased.code() == StatusCode::not_found)
      log_.append(record_of(SoakRecord::lost, memo));
    else
      return control_.reset();
  }
}

void SoakClient::count(std::uint64_t lookups, std::uint64_t hits) {
  const SoakRecord counts[] = {{SoakRecord::lookups, 0, lookups}, {SoakRecord::hits, 0, hits}};
  log_.append(counts);
}

MemoId SoakClient::random_own_memo() {
  const auto space = static_cast<std::uint32_t>(below(kSpaces.size()));
  return memo_of(options_.client, space, below(kSpaces[space].numbers));
}

MemoId SoakClient::random_memo() {
  const auto space = static_cast<std::uint32_t>(below(kSpaces.size()));
  return memo_of(static_cast<std::uint32_t>(below(kClients)), space, below(kSpaces[space].numbers));
}

std::uint64_t SoakClient::below(std::uint64_t limit) {
  return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
}

bool SoakClient::is_present(MemoId memo) const {
  const auto found = own_.find(memo);
  return found != own_.end() && found->second == State::present;
}

}  // namespace memo::soak
