// AttachedStore: MemoStore over a running daemon (endpoint unix:PATH). attach() makes one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "client/circuit_breaker.h"
#include "client/reconnector.h"
#include "memo/attach.h"
#include "memo/memo_store.h"

namespace memo {

// While the daemon is away or hangs, calls fail at once and the caller computes; the store finds the daemon again by
// itself. A daemon that answers nonsense is hung up on.
class AttachedStore final : public MemoStore {
 public:
  // Errors: as attach().
  static Result<std::unique_ptr<AttachedStore>> make(std::string socket_path, const AttachOptions& options);

  Result<SpaceId> open_space(const SpaceSpec& spec) override;
  Status lookup_all(std::span<const LookupRequest> requests, std::span<std::optional<Match>> matches) override;
  Result<Draft> draft(SpaceId space, std::size_t bytes) override;
  Status publish(Draft draft, const Publication& publication) override;
  Status flush(std::chrono::milliseconds deadline) override;
  PublishCounts publish_counts() const override;
  Status availability() const override;

  // Of the run of the daemon that is attached; nothing while there is none.
  std::optional<std::uint64_t> boot_token() const;

 private:
  AttachedStore(const AttachOptions& options, std::shared_ptr<SpaceTable> spaces,
                std::shared_ptr<PublishLedger> ledger, std::unique_ptr<Reconnector> reconnector);

  struct Target {
    std::shared_ptr<Attachment> attachment;
    SpaceSpec spec;
    SpaceId remote{};
  };
  // Where calls for `space` go now. Errors: invalid_argument (unknown id), unavailable.
  Result<Target> target(SpaceId space) const;
  // The same over an attachment that is known.
  Result<Target> target(SpaceId space, std::shared_ptr<Attachment> attachment) const;
  // The requests as `attachment` knows their spaces, without those that have no items.
  Result<std::vector<LookupChannel::Asked>> requests_at(const std::shared_ptr<Attachment>& attachment,
                                                        std::span<const LookupRequest> requests) const;
  static Status hang_up_if_corrupt(Attachment& attachment, Status status);

  const AttachOptions options_;
  const std::shared_ptr<SpaceTable> spaces_;
  const std::shared_ptr<PublishLedger> ledger_;
  CircuitBreaker breaker_;
  std::unique_ptr<Reconnector> reconnector_;
};

}  // namespace memo
