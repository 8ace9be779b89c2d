#include "memod/store/local_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "client/request_rules.h"
#include "memod/store/draft_buffers.h"

namespace memo {
namespace {

constexpr std::uint32_t kLeases = 4096;

// What views keep alive: the mapped pool and the leases. So a view may outlive its LocalStore.
class ViewSource : public std::enable_shared_from_this<ViewSource> {
 public:
  explicit ViewSource(std::shared_ptr<Store> store) : store_(std::move(store)) {
    for (std::uint32_t lease = 0; lease < kLeases; ++lease) idle_leases_.push_back(lease);
    store_->register_leases(table_);
  }
  ~ViewSource() { store_->unregister_leases(table_); }
  ViewSource(const ViewSource&) = delete;
  ViewSource& operator=(const ViewSource&) = delete;

  Store& store() const { return *store_; }
  LeaseTable& table() { return table_; }

  // `count` idle leases; none when fewer are idle.
  std::vector<std::uint32_t> take_leases(std::size_t count) {
    const std::lock_guard lock(mutex_);
    if (idle_leases_.size() < count) return {};
    const auto first = idle_leases_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<std::uint32_t> taken(first, idle_leases_.end());
    idle_leases_.erase(first, idle_leases_.end());
    return taken;
  }

  Result<SpaceId> open_space(const SpaceSpec& spec) {
    MEMO_ASSIGN_OR_RETURN(OpenedSpace opened, store_->use_space(spec));
    const std::lock_guard lock(mutex_);
    spaces_.try_emplace(opened.id, std::move(opened.use));
    return opened.id;
  }

  void end_lease(std::uint32_t lease) {
    table_.release(lease);
    const std::lock_guard lock(mutex_);
    idle_leases_.push_back(lease);
  }

  Match match(const Found& found, std::uint32_t lease) {
    View view({.payload = store_->bytes(found.payload_offset, found.payload_bytes),
               .state_word = store_->state_word(found.state_word_offset),
               .generation = found.generation,
               .mapping = shared_from_this(),
               // The view holds `mapping` until after the call.
               .release = [this, lease] { end_lease(lease); }});
    return {std::move(view), found.exact, found.distance, found.length, found.key};
  }

 private:
  std::shared_ptr<Store> store_;
  std::array<std::atomic<std::uint64_t>, kLeases> words_{};
  LeaseTable table_{words_};
  std::mutex mutex_;
  std::vector<std::uint32_t> idle_leases_;                 // under mutex_
  std::map<SpaceId, std::shared_ptr<const void>> spaces_;  // under mutex_: that are open
};

Status find_all(Store& store, std::span<const LookupRequest> requests, LeaseTable& table,
                std::span<const std::uint32_t> leases, std::span<std::optional<Found>> found) {
  std::size_t first = 0;
  for (const LookupRequest& request : requests) {
    const std::size_t count = count_matches({&request, 1});
    MEMO_RETURN_IF_ERROR(store.find(request, table, leases.subspan(first, count), found.subspan(first, count)));
    first += count;
  }
  return Status::ok();
}

class LocalStore : public MemoStore {
 public:
  explicit LocalStore(std::shared_ptr<Store> store) : source_(std::make_shared<ViewSource>(std::move(store))) {}

  Result<SpaceId> open_space(const SpaceSpec& spec) override { return source_->open_space(spec); }
  Status lookup_all(std::span<const LookupRequest> requests, std::span<std::optional<Match>> matches) override;
  Result<Draft> draft(SpaceId space, std::size_t bytes) override;
  Status publish(Draft draft, const Publication& publication) override;
  // Every publish was acknowledged or refused before it returned.
  Status flush(std::chrono::milliseconds) override { return Status::ok(); }
  PublishCounts publish_counts() const override;
  Status availability() const override { return store().usable(); }

 private:
  Store& store() const { return source_->store(); }

  std::shared_ptr<ViewSource> source_;
  std::shared_ptr<DraftBuffers> buffers_ = std::make_shared<DraftBuffers>();
  std::atomic<std::uint64_t> acknowledged_ = 0;
  std::atomic<std::uint64_t> duplicates_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  mutable std::mutex refusal_mutex_;
  std::string refusal_;  // under refusal_mutex_
};

Status LocalStore::lookup_all(std::span<const LookupRequest> requests, std::span<std::optional<Match>> matches) {
  for (auto& match : matches) match.reset();
  MEMO_RETURN_IF_ERROR(check_room(requests, matches.size()));
  const std::vector<std::uint32_t> leases = source_->take_leases(matches.size());
  if (leases.size() != matches.size())
    return {StatusCode::busy, fmt::format("lookup: too many views are held, at most {}", kLeases)};
  std::vector<std::optional<Found>> found(matches.size());
  Status status = find_all(store(), requests, source_->table(), leases, found);
  std::size_t begin = 0;
  for (const LookupRequest& request : requests)
    for (std::size_t item = 0; item < request.items.size(); ++item) {
      const std::size_t end = begin + request.neighbours;
      // What was found goes to the front.
      for (std::size_t place = begin; begin < end; ++begin) {
        if (found[begin] && status)
          matches[place++] = source_->match(*found[begin], leases[begin]);
        else
          source_->end_lease(leases[begin]);
      }
    }
  return status;
}

Result<Draft> LocalStore::draft(SpaceId space, std::size_t bytes) {
  MEMO_ASSIGN_OR_RETURN(const SpaceSpec spec, store().space(space));
  MEMO_RETURN_IF_ERROR(check_draft(bytes, spec));
  std::shared_ptr<std::byte> memory = buffers_->take(bytes);
  if (!memory) return Status(StatusCode::busy, fmt::format("draft: no memory for {} bytes", bytes));
  const std::span<std::byte> payload(memory.get(), bytes);
  return Draft{space, payload, std::move(memory)};
}

Status LocalStore::publish(Draft draft, const Publication& publication) {
  const Result<PublishOutcome> outcome = store().publish(draft.space, publication, draft.payload);
  if (!outcome) {
    ++refused_;
    {
      const std::lock_guard lock(refusal_mutex_);
      refusal_ = outcome.status().message();
    }
    // A full pool is counted, not reported: a daemon's client has continued by the time when it shows.
    return outcome.status().code() == StatusCode::full ? Status::ok() : outcome.status();
  }
  ++(*outcome == PublishOutcome::published ? acknowledged_ : duplicates_);
  return Status::ok();
}

MemoStore::PublishCounts LocalStore::publish_counts() const {
  const std::lock_guard lock(refusal_mutex_);
  return {.acknowledged = acknowledged_,
          .duplicates = duplicates_,
          .refused = refused_,
          .dropped = 0,
          .refusal = refusal_};
}

}  // namespace

Result<std::unique_ptr<MemoStore>> open_local_store(StoreOptions options) {
  options.on_lost_pool = FaultGuard::OnFault::zeros_from_there;
  MEMO_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::open(options));
  return make_local_store(std::move(store));
}

std::unique_ptr<MemoStore> make_local_store(std::shared_ptr<Store> store) {
  return std::make_unique<LocalStore>(std::move(store));
}

}  // namespace memo
