#include "client/attached/attachment.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "client/step.h"

namespace memo {
namespace {

AttachRequest make_request(const AttachOptions& options) {
  const std::uint64_t granules = (options.draft_bytes + segment::kDraftGranule - 1) / segment::kDraftGranule;
  return {.draft_bytes = granules * segment::kDraftGranule,
          .leases = options.leases,
          .process = fmt::format("{} ({})", program_invocation_short_name, ::getpid())};
}

}  // namespace

Result<std::shared_ptr<Attachment>> Attachment::open(const std::string& socket_path, const AttachOptions& options,
                                                     std::shared_ptr<PublishLedger> ledger) {
  step("attach: connecting");
  MEMO_ASSIGN_OR_RETURN(auto control, ControlClient::connect(socket_path, options.control_timeout));
  step("attach: connected");
  MEMO_ASSIGN_OR_RETURN(const auto attached, control->attach(make_request(options)));
  step("attach: answered");
  MEMO_ASSIGN_OR_RETURN(auto memory, AttachedMemory::map(attached, options.prefault));
  step("attach: mapped");
  return std::shared_ptr<Attachment>(
      new Attachment(std::move(control), std::move(memory), attached.reply.boot_token, std::move(ledger)));
}

Attachment::Attachment(std::unique_ptr<ControlClient> control, std::shared_ptr<AttachedMemory> memory,
                       std::uint64_t boot_token, std::shared_ptr<PublishLedger> ledger)
    : control_(std::move(control)),
      memory_(std::move(memory)),
      boot_token_(boot_token),
      lookups_(memory_),
      publishes_(memory_, std::move(ledger)) {
  step("attach: channels made");
}

Attachment::~Attachment() {
  close();
}

Status Attachment::open_space(SpaceId id, const SpaceSpec& spec) {
  step("open space: asking");
  MEMO_ASSIGN_OR_RETURN(const auto remote, control_->open_space(spec));
  step("open space: answered");
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(id);
  if (remote_ids_.size() <= index) remote_ids_.resize(index + 1);
  remote_ids_[index] = remote;
  return Status::ok();
}

std::optional<SpaceId> Attachment::remote_id(SpaceId id) const {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(id);
  return index < remote_ids_.size() ? remote_ids_[index] : std::nullopt;
}

void Attachment::close() {
  step("close: begun");
  lookups_.close();
  step("close: lookups ended");
  publishes_.close();
  step("close: publishes ended");
}

}  // namespace memo
