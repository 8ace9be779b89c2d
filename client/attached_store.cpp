#include "client/attached_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "client/step.h"

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

Status check_layer(Layer layer) {
  const auto value = static_cast<std::uint32_t>(layer);
  return value < kMaxLayers ? Status::ok() : invalid(fmt::format("layer {}, must be below {}", value, kMaxLayers));
}

Status check_feature(std::span<const float> feature, const SpaceSpec& spec) {
  if (feature.size() != spec.feature_dimension)
    return invalid(fmt::format("feature of {} floats, the space has {}", feature.size(), spec.feature_dimension));
  const bool finite =
      std::all_of(feature.begin(), feature.end(), [](float value) { return std::isfinite(value); });
  return finite ? Status::ok() : invalid("feature holds a number that is not finite");
}

Status check_lookup(const LookupRequest& request, const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(check_layer(request.layer));
  if (std::isnan(request.max_distance)) return invalid("max_distance is not a number");
  for (const LookupItem& item : request.items)
    if (!item.feature.empty()) MEMO_RETURN_IF_ERROR(check_feature(item.feature, spec));
  return Status::ok();
}

Status check_publication(const Publication& publication, const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(check_layer(publication.layer));
  MEMO_RETURN_IF_ERROR(check_feature(publication.feature, spec));
  if (publication.length < 1 || publication.length > spec.length_bucket)
    return invalid(fmt::format("length {}, must be 1 to {}", publication.length, spec.length_bucket));
  if (!is_penalty(publication.penalty))
    return invalid(fmt::format("penalty {}, must be {} to {}", publication.penalty, kLeastPenalty, kMostPenalty));
  return std::isfinite(publication.cost_us) ? Status::ok() : invalid("cost_us is not finite");
}

// Whether a first attach that failed so will fail again however long one waits.
bool is_hopeless(StatusCode code) {
  return code == StatusCode::unsupported || code == StatusCode::invalid_argument;
}

// The shortest wait that one of them allows, or the store's own deadline.
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

Result<AttachedStore::Target> AttachedStore::target(SpaceId space) const {
  return target(space, reconnector_->current());
}

Result<AttachedStore::Target> AttachedStore::target(SpaceId space, std::shared_ptr<Attachment> attachment) const {
  const auto spec = spaces_->find(space);
  if (!spec) return invalid(fmt::format("space {} was not opened", static_cast<std::uint32_t>(space)));
  if (!attachment) return reconnector_->last_failure();
  const auto remote = attachment->remote_id(space);
  if (!remote) return Status{StatusCode::unavailable, "memod has not opened this space"};
  return Target{.attachment = std::move(attachment), .spec = *spec, .remote = *remote};
}

Result<std::vector<LookupChannel::Asked>> AttachedStore::requests_at(
    const std::shared_ptr<Attachment>& attachment, std::span<const LookupRequest> requests) const {
  std::vector<LookupChannel::Asked> asked;
  for (LookupRequest request : requests) {
    MEMO_ASSIGN_OR_RETURN(const auto at, target(request.space, attachment));
    MEMO_RETURN_IF_ERROR(check_lookup(request, at.spec));
    if (request.items.empty()) continue;
    request.space = at.remote;
    request.max_distance = std::min(request.max_distance, std::numeric_limits<float>::max());
    asked.push_back({request, at.spec});
  }
  return asked;
}

Status AttachedStore::lookup_all(std::span<const LookupRequest> requests,
                                 std::span<std::optional<Match>> matches) {
  std::fill(matches.begin(), matches.end(), std::nullopt);
  MEMO_RETURN_IF_ERROR(check_room(requests, matches.size()));
  const std::shared_ptr<Attachment> attachment = reconnector_->current();
  MEMO_ASSIGN_OR_RETURN(const auto asked, requests_at(attachment, requests));
  if (asked.empty()) return Status::ok();
  if (!breaker_.allows(Clock::now()))
    return {StatusCode::unavailable, "memod did not answer in time again and again; lookups pause"};
  const auto deadline = Clock::now() + shortest_wait(requests, options_.lookup_deadline);
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
  MEMO_ASSIGN_OR_RETURN(const auto at, target(space));
  const DraftArea& area = at.attachment->memory().draft_area();
  if (bytes < 1 || bytes > at.spec.payload_bytes)
    return invalid(fmt::format("draft of {} bytes, must be 1 to {}", bytes, at.spec.payload_bytes));
  if (bytes > area.bytes())
    return invalid(fmt::format("draft of {} bytes, this store attached with draft_bytes {}", bytes, area.bytes()));
  // What memod has copied is used again first, while it is in the cache.
  at.attachment->publishes().collect();
  Draft draft = at.attachment->memory().make_draft(space, bytes);
  if (draft.memory) return draft;
  ledger_->record_unsent();  // what it was for will not be published
  return Status{StatusCode::busy, "all drafts are waiting for memod to copy them"};
}

Status AttachedStore::publish(Draft draft, const Publication& publication) {
  const auto at = target(draft.space);
  const Status usable = at ? check_publication(publication, at->spec) : at.status();
  if (!usable) {
    ledger_->record_unsent();
    return usable;
  }
  return at->attachment->publishes().publish(std::move(draft), at->spec, at->remote, publication);
}

Status AttachedStore::flush(std::chrono::milliseconds deadline) {
  if (const auto attachment = reconnector_->current()) {
    const Status flushed = hang_up_if_corrupt(*attachment, attachment->publishes().flush(Clock::now() + deadline));
    // Closed meanwhile: whether anything was lost is for the ledger to say.
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
