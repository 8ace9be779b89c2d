// StreamContestant: one memoized way to go through a stream, with a pool of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "model/text_model/text_model.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/store/server.h"
#include "tools/memo-bench/stream/bench.h"
#include "tools/memo-bench/stream/window.h"

namespace memo {

// Threads: one at a time.
class StreamContestant {
 public:
  // reuse and selection: one of StreamBench's each. It computes on the plain model's engine, unless the policy has
  // weights of its own. Lifetime: plain outlives this.
  // Errors: as Policy::load and TextModel::memoized; unavailable (the daemon does not start).
  static Result<std::unique_ptr<StreamContestant>> make(const StreamBench& options, const std::string& reuse,
                                                        const std::string& selection, const TextModel& plain);

  const std::string& reuse() const { return reuse_; }
  const std::string& selection() const { return selection_; }
  TextModel& model() { return *model_; }
  // Waits until all publishes have been copied, so that they take no time of another contestant.
  void settle() { (void)store_->flush(std::chrono::seconds(10)); }
  StreamCounts counts() const;

 private:
  StreamContestant(const StreamBench& options, std::string reuse, std::string selection)
      : reuse_(std::move(reuse)), selection_(std::move(selection)), folder_(options.folder, "memo-bench") {}
  Status open(const StreamBench& options);
  Status start_daemon(std::uint64_t pool_bytes);
  Status make_model(const StreamBench& options, const TextModel& plain);

  const std::string reuse_;
  const std::string selection_;
  TemporaryFolder folder_;
  std::optional<ServerProcess> daemon_;
  std::unique_ptr<MemoStore> store_;
  std::unique_ptr<TextModel> model_;
};

}  // namespace memo
