// memod as a contestant: through the client library, as any inference process uses it.
#include <fmt/format.h>

#include <optional>
#include <thread>
#include <vector>

#include "memo/attach.h"
#include "tools/memo-bench/store/workload/contestant.h"
#include "tools/memo-bench/store/workload/corpus.h"

namespace memo {
namespace {

constexpr Layer kLayer{0};
constexpr std::uint32_t kLength = 128;
constexpr std::uint64_t kDraftBytes = 64 << 20;
// Eviction takes what saves least, so memos that are not meant to last save next to nothing.
constexpr float kLastingUs = 1000;
constexpr float kFleetingUs = 0.001f;
constexpr std::uint64_t kInFlight = 96;  // publishes: fewer than a ring has cells
constexpr std::chrono::minutes kPatience{10};

class Memod final : public Contestant {
 public:
  Memod(std::unique_ptr<MemoStore> store, SpaceId space, const Workload& workload)
      : store_(std::move(store)),
        space_(space),
        payload_bytes_(workload.payload_bytes),
        writes_(workload.write_payload) {}

  Status publish(const BenchMemo& memo) override {
    MEMO_ASSIGN_OR_RETURN(auto draft, wait_for_draft());
    if (writes_ || memo.lasting) fill_payload(memo.key, draft.payload);
    ++sent_;
    return store_->publish(std::move(draft), {.layer = kLayer,
                                              .key = memo.key,
                                              .feature = memo.feature,
                                              .length = kLength,
                                              .cost_us = memo.lasting ? kLastingUs : kFleetingUs});
  }

  Status flush() override { return store_->flush(kPatience); }

  PublishTotals publish_totals() const override {
    const MemoStore::PublishCounts counts = store_->publish_counts();
    return {.stored = counts.acknowledged,
            .refused = counts.refused + counts.dropped + counts.duplicates,
            .waits = waits_};
  }

  Status lookup(std::span<const BenchQuery> queries, std::span<BenchHit> hits) override {
    items_.clear();
    for (const BenchQuery& query : queries)
      items_.push_back({.key = query.key, .feature = query.feature, .min_length = 0});
    matches_.resize(queries.size());
    MEMO_RETURN_IF_ERROR(store_->lookup({space_, kLayer, Corpus::kMaxDistance, items_}, matches_));
    for (std::size_t i = 0; i < hits.size(); ++i) {
      hits[i] = {};
      if (!matches_[i]) continue;
      hits[i] = {.found = true,
                 .exact = matches_[i]->exact,
                 .key = matches_[i]->key,
                 .distance = matches_[i]->distance,
                 .payload = matches_[i]->view.payload()};
    }
    return Status::ok();
  }

  bool release() override {
    bool intact = true;
    for (const auto& match : matches_) intact &= !match || match->view.intact();
    matches_.clear();
    return intact;
  }

 private:
  // When all drafts wait to be copied, or all requests to be answered, the client waits until the next one has
  // been: the store's pace is measured. An inference process would drop the map instead.
  Result<Draft> wait_for_draft() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      if (sent_ - finished_ >= kInFlight) finished_ = count_finished();
      Result<Draft> draft = sent_ - finished_ < kInFlight
                                ? store_->draft(space_, payload_bytes_)
                                : Status(StatusCode::busy, "memod does not answer publishes");
      if (draft || draft.status().code() != StatusCode::busy || std::chrono::steady_clock::now() > deadline)
        return draft;
      ++waits_;
      std::this_thread::yield();
    }
  }
  std::uint64_t count_finished() const {
    const PublishTotals totals = publish_totals();
    return totals.stored + totals.refused;
  }

  const std::unique_ptr<MemoStore> store_;
  const SpaceId space_;
  const std::uint64_t payload_bytes_;
  const bool writes_;
  std::uint64_t sent_ = 0;
  std::uint64_t finished_ = 0;  // of these, stored or refused at the last count
  std::uint64_t waits_ = 0;
  std::vector<LookupItem> items_;
  std::vector<std::optional<Match>> matches_;
};

}  // namespace

Result<std::unique_ptr<Contestant>> open_memod(const Workload& workload, const ContestantPlace& place) {
  // A long timeout: a slow operation should be measured, not given up.
  AttachOptions options{.lookup_timeout = std::chrono::seconds(5),
                        .control_timeout = std::chrono::seconds(60),
                        .draft_bytes = std::max<std::uint64_t>(kDraftBytes, 2 * workload.payload_bytes),
                        .leases = std::max(1024u, 2 * workload.batch)};
  MEMO_ASSIGN_OR_RETURN(auto store, attach(fmt::format("unix:{}/socket", place.folder), options));
  if (!store->available()) return Status(StatusCode::unavailable, "memod is not reachable");
  MEMO_ASSIGN_OR_RETURN(const auto space, store->open_space({.model = {0x626e6368, 0x73746f7265},
                                                             .length_bucket = kLength,
                                                             .heads = 12,
                                                             .feature_dimension = workload.feature_dimension,
                                                             .payload_bytes = workload.payload_bytes}));
  return std::unique_ptr<Contestant>(new Memod(std::move(store), space, workload));
}

}  // namespace memo
