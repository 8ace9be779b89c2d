// JobQueue: jobs that wait for the engine, cut into batches of tokens.
//
// The texts of a batch have the same part computed. Jobs take turns: while several wait, none gets more than half of a batch at a time, so a request of ten thousand texts
// does not hold up the next one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "memo/status.h"
#include "memo/types.h"
#include "model/service/service_job.h"

namespace memo {

struct QueueLimits {
  std::size_t batch_tokens = 512;
  std::size_t waiting_tokens = 1 << 18;  // with more than these, the next job is refused
};

// Threads: any for push(), close() and the counts; one for the rest.
class JobQueue {
 public:
  explicit JobQueue(QueueLimits limits) : limits_(limits) {}

  // Takes the job's pending texts. Errors: busy (too many tokens wait), unavailable (closed).
  Status push(std::shared_ptr<ServiceJob> job);

  struct Batch {
    std::vector<QueuedText> texts;                     // at most batch_tokens, or a single text
    std::vector<std::shared_ptr<ServiceJob>> dropped;  // abandoned, or late
    bool empty() const { return texts.empty() && dropped.empty(); }
  };
  // Waits for work. Empty: the queue is closed, and everything was taken.
  Batch take();

  // Hands the rows of texts that were just computed to the jobs that wait for equal ones. -> jobs that are complete
  using Rows = std::unordered_map<Key, Tensor>;
  std::vector<std::shared_ptr<ServiceJob>> answer(TextPart part, const Rows& rows);

  // What waits of the job is taken by nobody any more.
  void remove(const std::shared_ptr<ServiceJob>& job);

  // No more jobs; what waits is still taken.
  void close();
  // The same, and whatever waits is returned to be refused.
  std::vector<std::shared_ptr<ServiceJob>> close_now();

  std::size_t waiting_tokens() const;
  std::size_t waiting_jobs() const;

 private:
  void drop_unwanted(Batch& batch);
  // The next job whose texts can be in the batch.
  std::deque<std::shared_ptr<ServiceJob>>::iterator next_for(const Batch& batch);
  void take_turn(const std::deque<std::shared_ptr<ServiceJob>>::iterator& turn, std::size_t room, Batch& batch);
  void forget(const ServiceJob& job);

  const QueueLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_.
  std::deque<std::shared_ptr<ServiceJob>> jobs_;
  std::size_t tokens_ = 0;
  bool closed_ = false;
};

}  // namespace memo
