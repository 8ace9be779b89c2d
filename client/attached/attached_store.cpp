#include "client/attached/attached_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "client/request_rules.h"
#include "client/step.h"

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;

// Whether a first attach that failed this way would fail after any wait, too.
bool is_hopeless(StatusCode code) {
  return code == StatusCode::unsupported || code == StatusCode::invalid_argument;
}

// The shortest timeout of the requests, or the store's own timeout.
std::chrono::microseconds shortest_wait(std::span<const LookupRequest> requests, std::chrono::microseconds own) {
  for (const LookupRequest& request : requests) own = std::min(own, request.within);
  return own;
}

bool is_transient(StatusCode code) {
  return code == StatusCode::unavailable || code == StatusCode::deadline_exceeded;
}

}  // namespace

Result<std::unique_ptr<AttachedStore>> AttachedStore::make(std::string socket_path, const AttachOptions& options) {
  auto spaces = std::make_shared<SpaceTable>();
  auto ledger = std::make_shared<PublishLedger>();
  MEMO_ASSIGN_OR_RETURN(auto reconnector, Reconnector::make(std::move(socket_path), options, spaces, ledger));
  const Status attached = reconnector->attach_now();
  if (is_hopeless(attached.code())) return attached;
  reconnector->start();
  return std::unique_ptr<AttachedStore>(
      new AttachedStore(options, std::move(spaces), std::move(ledger), std::move(reconnector)));
}

AttachedStore::AttachedStore(const AttachOptions& options, std::shared_ptr<SpaceTable> spaces,
                             std::shared_ptr<PublishLedger> ledger, std::unique_ptr<Reconnector> reconnector)
    : options_(options),
      spaces_(std::move(spaces)),
      ledger_(std::move(ledger)),
      reconnector_(std::move(reconnector)) {}

Result<SpaceId> AttachedStore::open_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  const SpaceId id = spaces_->add(spec);
  step("open space: remembered");
  const auto attachment = reconnector_->current();
  if (!attachment || attachment->remote_id(id)) return id;
  const Status opened = attachment->open_space(id, spec);
  if (!opened && !is_transient(opened.code())) return opened;
  return id;
}

Result<SpaceSpec> AttachedStore::spec_of(SpaceId space) const {
  if (const auto spec = spaces_->find(space)) return *spec;
  return unknown_space(space);
}

Result<AttachedStore::Target> AttachedStore::target(SpaceId space, std::shared_ptr<Attachment> attachment) const {
  if (!attachment) return reconnector_->last_failure();
  const auto remote = attachment->remote_id(space);
  if (!remote) return Status{StatusCode::unavailable, "memod has not opened this space"};
  return Target{.attachment = std::move(attachment), .remote = *remote};
}

Result<std::vector<LookupChannel::Asked>> AttachedStore::check(std::span<const LookupRequest> requests) const {
  std::vector<LookupChannel::Asked> asked;
  for (LookupRequest request : requests) {
    MEMO_ASSIGN_OR_RETURN(const SpaceSpec spec, spec_of(request.space));
    MEMO_RETURN_IF_ERROR(check_lookup(request, spec));
    // A message cannot hold infinity.
    request.max_distance = std::min(request.max_distance, std::numeric_limits<float>::max());
    asked.push_back({request, spec});
  }
  return asked;
}

Status AttachedStore::address(std::vector<LookupChannel::Asked>& asked,
                              const std::shared_ptr<Attachment>& attachment) const {
  for (LookupChannel::Asked& one : asked) {
    MEMO_ASSIGN_OR_RETURN(const auto at, target(one.request.space, attachment));
    one.request.space = at.remote;
  }
  std::erase_if(asked, [](const LookupChannel::Asked& one) { return one.request.items.empty(); });
  return Status::ok();
}

Status AttachedStore::lookup_all(std::span<const LookupRequest> requests,
                                 std::span<std::optional<Match>> matches) {
  std::fill(matches.begin(), matches.end(), std::nullopt);
  MEMO_RETURN_IF_ERROR(check_room(requests, matches.size()));
  MEMO_ASSIGN_OR_RETURN(auto asked, check(requests));
  const std::shared_ptr<Attachment> attachment = reconnector_->current();
  MEMO_RETURN_IF_ERROR(address(asked, attachment));
  if (asked.empty()) return Status::ok();
  if (!breaker_.allows(Clock::now()))
    return {StatusCode::unavailable, "memod did not answer in time again and again; lookups pause"};
  const auto deadline = Clock::now() + shortest_wait(requests, options_.lookup_timeout);
  const Status status = attachment->lookups().lookup(asked, deadline, matches);
  if (status.code() == StatusCode::deadline_exceeded)
    breaker_.record_timeout(Clock::now());
  else if (status)
    breaker_.record_success();
  return hang_up_if_corrupt(*attachment, status);
}

Status AttachedStore::hang_up_if_corrupt(Attachment& attachment, Status status) {
  if (status.code() != StatusCode::corrupt) return status;
  attachment.hang_up();
  return {StatusCode::unavailable, "memod answered nonsense, attaching anew: " + status.message()};
}

Result<Draft> AttachedStore::draft(SpaceId space, std::size_t bytes) {
  MEMO_ASSIGN_OR_RETURN(const SpaceSpec spec, spec_of(space));
  MEMO_RETURN_IF_ERROR(check_draft(bytes, spec));
  MEMO_ASSIGN_OR_RETURN(const auto at, target(space, reconnector_->current()));
  const DraftArea& area = at.attachment->memory().draft_area();
  if (bytes > area.bytes())
    return Status(
        StatusCode::invalid_argument,
        fmt::format("draft: payload size is {}, this store attached with draft_bytes {}", bytes, area.bytes()));
  // Memory that memod has already copied is used again first, while it is in the cache.
  at.attachment->publishes().collect();
  Draft draft = at.attachment->memory().make_draft(space, bytes);
  if (draft.memory) return draft;
  ledger_->record_unsent();  // what it was for will not be published
  return Status{StatusCode::busy, "all drafts are waiting for memod to copy them"};
}

Status AttachedStore::publish(Draft draft, const Publication& publication) {
  const auto spec = spec_of(draft.space);
  Status checked = spec ? check_publication(publication, draft.payload.size(), *spec) : spec.status();
  if (!checked) {
    ledger_->record({.code = checked.code(), .duplicate = false, .reason = checked.message()});
    return checked;
  }
  const auto at = target(draft.space, reconnector_->current());
  if (!at) {
    ledger_->record_unsent();
    return at.status();
  }
  return at->attachment->publishes().publish(std::move(draft), at->remote, publication);
}

Status AttachedStore::flush(std::chrono::milliseconds timeout) {
  if (const auto attachment = reconnector_->current()) {
    Status flushed = hang_up_if_corrupt(*attachment, attachment->publishes().flush(Clock::now() + timeout));
    // The channel was closed meanwhile; the ledger knows whether any publish was lost.
    if (!flushed && flushed.code() != StatusCode::unavailable) return flushed;
  }
  return ledger_->report_losses();
}

MemoStore::PublishCounts AttachedStore::publish_counts() const {
  if (const auto attachment = reconnector_->current()) attachment->publishes().collect();
  return ledger_->counts();
}

Status AttachedStore::availability() const {
  if (reconnector_->current() == nullptr) return reconnector_->last_failure();
  if (!breaker_.paused(Clock::now())) return Status::ok();
  return {StatusCode::unavailable, "memod did not answer in time again and again; lookups pause"};
}

std::optional<std::uint64_t> AttachedStore::boot_token() const {
  const auto attachment = reconnector_->current();
  return attachment ? std::optional(attachment->boot_token()) : std::nullopt;
}

}  // namespace memo
