#include "tests/crash/soak/soak_client.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <thread>

#include "memo/attach.h"

namespace memo::soak {
SoakClient::SoakClient(const SoakClientOptions& options)
    : options_(options), random_(options.seed), log_(options.log) {
  replay_log();
  AttachOptions attached{.lookup_timeout = std::chrono::seconds(10),
                         .control_timeout = std::chrono::seconds(10),
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
  for (std::uint64_t left = 1 + below(kMaxBatch); left > 0; --left) {
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

void SoakClient::erase_some() {
  if (!control_) {
    auto control = ControlClient::connect(options_.socket, std::chrono::seconds(10));
    if (!control) return;
    control_ = std::move(*control);
  }
  for (std::uint64_t left = 1 + below(kMaxBatch); left > 0; --left) {
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
