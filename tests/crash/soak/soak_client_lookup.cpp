// How a client asks, and judges what it is answered.
#include <algorithm>
#include <cmath>

#include "tests/crash/soak/soak_client.h"

namespace memo::soak {
namespace {

constexpr float kReach = 9;  // of a similarity lookup: the neighbours are other clients' memos
constexpr float kAside = 2;  // how far from its memo a similarity lookup asks
constexpr Key kNobodys = {0xdead, 0xbeef};

}  // namespace

// One layer of one space, each item by key or by a feature near to a memo's.
void SoakClient::look_up_batch() {
  const MemoId first = random_memo();
  const std::uint64_t most = std::min<std::uint64_t>(kMaxBatch, leases_ / 2);
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
    const bool by_key = !has_features(memo.space) || below(2) == 0;
    if (!by_key) features.back()[1] = kAside;
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

void SoakClient::count(std::uint64_t lookups, std::uint64_t hits) {
  const SoakRecord counts[] = {{SoakRecord::lookups, 0, lookups}, {SoakRecord::hits, 0, hits}};
  log_.append(counts);
}

}  // namespace memo::soak
