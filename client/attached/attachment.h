// Attachment: one session with one run of the daemon, from the handshake to the hang-up.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/attached/attached_memory.h"
#include "client/attached/control_client.h"
#include "client/attached/lookup_channel.h"
#include "client/attached/publish_channel.h"
#include "memo/attach.h"

namespace memo {

// Threads: any.
class Attachment {
 public:
  // Connects, shakes hands and maps.
  // Errors: as ControlClient's, and the daemon's own refusals.
  static Result<std::shared_ptr<Attachment>> open(const std::string& socket_path, const AttachOptions& options,
                                                  std::shared_ptr<PublishLedger> ledger);
  ~Attachment();

  // Opens `spec` at the daemon and remembers its id there for `id`.
  Status open_space(SpaceId id, const SpaceSpec& spec);
  // The daemon's id for the user's id; nothing while the space is not open at the daemon.
  std::optional<SpaceId> remote_id(SpaceId id) const;

  AttachedMemory& memory() { return *memory_; }
  LookupChannel& lookups() { return lookups_; }
  PublishChannel& publishes() { return publishes_; }

  // This number differs from one run of the daemon to the next.
  std::uint64_t boot_token() const { return boot_token_; }
  // For poll(): reports a hang-up when the session has ended, from either side.
  int fd() const { return control_->fd(); }
  // Ends the session soon. Call it when the daemon's answers make no sense.
  void hang_up() { control_->shut_down(); }
  // Ends every wait, now and later.
  void close();

 private:
  Attachment(std::unique_ptr<ControlClient> control, std::shared_ptr<AttachedMemory> memory,
             std::uint64_t boot_token, std::shared_ptr<PublishLedger> ledger);

  std::unique_ptr<ControlClient> control_;
  std::shared_ptr<AttachedMemory> memory_;
  const std::uint64_t boot_token_;
  LookupChannel lookups_;
  PublishChannel publishes_;
  mutable std::mutex mutex_;
  std::vector<std::optional<SpaceId>> remote_ids_;  // under mutex_, by the user's id
};

}  // namespace memo
