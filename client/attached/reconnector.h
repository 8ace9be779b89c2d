// Reconnector: keeps a store attached. It notices when the daemon goes away, and tries to attach until it is back.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "client/attached/attachment.h"
#include "client/attached/publish_ledger.h"
#include "client/attached/space_table.h"
#include "client/protocol/unique_fd.h"
#include "memo/attach.h"

namespace memo {

// Threads: current() from any; the rest by its owner.
class Reconnector {
 public:
  // Errors: internal (no descriptor left).
  static Result<std::unique_ptr<Reconnector>> make(std::string socket_path, const AttachOptions& options,
                                                   std::shared_ptr<SpaceTable> spaces,
                                                   std::shared_ptr<PublishLedger> ledger);
  // Ends the session.
  ~Reconnector();

  // Tries to attach once, in the calling thread. Errors: as Attachment::open.
  Status attach_now();

  // Starts a thread that watches the session; while there is none, it tries to attach every retry_interval.
  void start();

  // Null while not attached.
  std::shared_ptr<Attachment> current() const;
  // Why it is not attached. Code: unavailable.
  Status last_failure() const;

 private:
  Reconnector(std::string socket_path, const AttachOptions& options, std::shared_ptr<SpaceTable> spaces,
              std::shared_ptr<PublishLedger> ledger, UniqueFd stop);

  void run();
  bool stopped_while_watching(int fd) const;
  bool stopped_while_waiting() const;
  void open_spaces(Attachment& attachment) const;
  Status fail(const Status& why);
  std::shared_ptr<Attachment> replace(std::shared_ptr<Attachment> attachment);

  const std::string socket_path_;
  const AttachOptions options_;
  const std::shared_ptr<SpaceTable> spaces_;
  const std::shared_ptr<PublishLedger> ledger_;
  const UniqueFd stop_;  // an eventfd, readable once the thread is to end

  mutable std::mutex mutex_;
  std::shared_ptr<Attachment> current_;       // under mutex_
  std::string failure_ = "not attached yet";  // under mutex_: of the last attempt
  std::thread thread_;
};

}  // namespace memo
