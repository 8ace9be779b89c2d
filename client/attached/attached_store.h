// AttachedStore: MemoStore over a running daemon (endpoint unix:PATH). attach() makes one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "client/attached/circuit_breaker.h"
#include "client/attached/reconnector.h"
#include "memo/attach.h"
#include "memo/memo_store.h"

namespace memo {

// While the daemon is away or hangs, calls fail at once and the caller computes; the store finds the daemon again
// by itself. It hangs up on a daemon that answers nonsense.
class AttachedStore final : public MemoStore {
 public:
  // Errors: as attach().
  static Result<std::unique_ptr<AttachedStore>> make(std::string socket_path, const AttachOptions& options);

  Result<SpaceId> open_space(const SpaceSpec& spec) override;
  Status lookup_all(std::span<const LookupRequest> requests, std::span<std::optional<Match>> matches) override;
  Result<Draft> draft(SpaceId space, std::size_t bytes) override;
  Status publish(Draft draft, const Publication& publication) override;
  Status flush(std::chrono::milliseconds timeout) override;
  PublishCounts publish_counts() const override;
  Status availability() const override;

  // Identifies the daemon's run that is attached; nothing while none is.
  std::optional<std::uint64_t> boot_token() const;

 private:
  AttachedStore(const AttachOptions& options, std::shared_ptr<SpaceTable> spaces,
                std::shared_ptr<PublishLedger> ledger, std::unique_ptr<Reconnector> reconnector);

  struct Target {
    std::shared_ptr<Attachment> attachment;
    SpaceId remote{};
  };
  // Errors: invalid_argument (unknown id).
  Result<SpaceSpec> spec_of(SpaceId space) const;
  // Where calls for `space` go now. Errors: unavailable, also while there is no attachment.
  Result<Target> target(SpaceId space, std::shared_ptr<Attachment> attachment) const;
  // The requests with the specs of their spaces. Errors: invalid_argument.
  Result<std::vector<LookupChannel::Asked>> check(std::span<const LookupRequest> requests) const;
  // Gives the requests the ids that `attachment` knows their spaces by, and drops those without items.
  // Errors: unavailable.
  Status address(std::vector<LookupChannel::Asked>& asked, const std::shared_ptr<Attachment>& attachment) const;
  static Status hang_up_if_corrupt(Attachment& attachment, Status status);

  const AttachOptions options_;
  const std::shared_ptr<SpaceTable> spaces_;
  const std::shared_ptr<PublishLedger> ledger_;
  CircuitBreaker breaker_;
  std::unique_ptr<Reconnector> reconnector_;
};

}  // namespace memo
