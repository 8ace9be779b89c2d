// StreamContestant: one memoized way to go through a stream, with a pool of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "embed/json/text_batches.h"
#include "model/memo/memoized_attention.h"
#include "model/text/loaded_model.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/store/server.h"
#include "tools/memo-bench/stream/bench.h"

namespace memo {

// Threads: one at a time.
class StreamContestant {
 public:
  // selection: one of StreamBench's. Lifetime: the model outlives this.
  // Errors: as Policy::load and MemoPlan::make; unavailable (the daemon does not start).
  static Result<std::unique_ptr<StreamContestant>> make(const StreamBench& options, const std::string& selection,
                                                        const LoadedModel& model, DataType type,
                                                        std::uint32_t length);

  const std::string& name() const { return name_; }
  AttentionSource* source() { return attention_.get(); }
  // Waits until all publishes have been copied, so that they take no time of another contestant.
  void settle() { (void)store_->flush(std::chrono::seconds(10)); }
  // Of all layers.
  LayerCounters counted() const;
  const PartSeconds& spent() const { return attention_->seconds(); }
  const OnlineSelection& selection() const { return attention_->selection(); }
  double share() const { return plan_->admission().share(); }
  double share_of_seen() const { return plan_->admission().share_of_seen(); }

 private:
  StreamContestant(const StreamBench& options, std::string name)
      : name_(std::move(name)), folder_(options.folder, "memo-bench") {}
  Status open(const StreamBench& options);
  Status start_daemon(std::uint64_t pool_bytes);

  const std::string name_;
  TemporaryFolder folder_;
  std::optional<ServerProcess> daemon_;
  std::unique_ptr<MemoStore> store_;
  std::unique_ptr<MemoPlan> plan_;
  std::unique_ptr<MemoizedAttention> attention_;
};

}  // namespace memo
