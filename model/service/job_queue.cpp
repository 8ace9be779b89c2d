#include "model/service/job_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace memo {
namespace {

std::size_t pending_tokens(const ServiceJob& job) {
  std::size_t sum = 0;
  for (const std::size_t place : job.pending) sum += job.batch.texts[place].size();
  return sum;
}

std::size_t tokens_of(const std::vector<QueuedText>& texts) {
  std::size_t sum = 0;
  for (const QueuedText& text : texts) sum += text.tokens().size();
  return sum;
}

}  // namespace

Status JobQueue::push(std::shared_ptr<ServiceJob> job) {
  const std::lock_guard lock(mutex_);
  if (closed_) return {StatusCode::unavailable, "the server is shutting down"};
  if (tokens_ > limits_.waiting_tokens)
    return {StatusCode::busy,
            fmt::format("{} tokens wait already, {} are allowed", tokens_, limits_.waiting_tokens)};
  tokens_ += pending_tokens(*job);
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return Status::ok();
}

JobQueue::Batch JobQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  Batch batch;
  drop_unwanted(batch);
  const std::size_t share = std::max<std::size_t>(limits_.batch_tokens / 2, 1);
  for (auto turn = next_for(batch); turn != jobs_.end(); turn = next_for(batch)) {
    const std::size_t taken = tokens_of(batch.texts);
    if (taken >= limits_.batch_tokens) break;
    const std::size_t left = limits_.batch_tokens - taken;
    const std::size_t before = batch.texts.size();
    take_turn(turn, jobs_.size() > 1 ? std::min(left, share) : left, batch);
    if (batch.texts.size() == before) break;
  }
  return batch;
}

std::deque<std::shared_ptr<ServiceJob>>::iterator JobQueue::next_for(const Batch& batch) {
  return std::ranges::find_if(jobs_, [&](const std::shared_ptr<ServiceJob>& job) {
    return batch.texts.empty() || job->part == batch.texts.front().job->part;
  });
}

// Takes the job's next texts; the job then goes to the end. A text that is longer than a batch is one by itself.
void JobQueue::take_turn(const std::deque<std::shared_ptr<ServiceJob>>::iterator& turn, std::size_t room,
                         Batch& batch) {
  const std::shared_ptr<ServiceJob> job = *turn;
  std::size_t taken = 0;
  std::size_t count = 0;
  while (count < job->pending.size()) {
    const std::size_t size = job->batch.texts[job->pending[count]].size();
    if (taken + size > room && !(batch.texts.empty() && taken == 0)) break;
    batch.texts.push_back({job, job->pending[count++]});
    taken += size;
  }
  job->pending.erase(job->pending.begin(), job->pending.begin() + static_cast<std::ptrdiff_t>(count));
  tokens_ -= taken;
  if (count == 0) return;
  jobs_.erase(turn);
  if (!job->pending.empty()) jobs_.push_back(job);
}

void JobQueue::drop_unwanted(Batch& batch) {
  const auto now = ServiceJob::Clock::now();
  std::erase_if(jobs_, [&](const std::shared_ptr<ServiceJob>& job) {
    if (!job->abandoned && now <= job->deadline) return false;
    forget(*job);
    batch.dropped.push_back(job);
    return true;
  });
}

void JobQueue::forget(const ServiceJob& job) {
  tokens_ -= pending_tokens(job);
}

std::vector<std::shared_ptr<ServiceJob>> JobQueue::answer(TextPart part, const Rows& rows) {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ServiceJob>> complete;
  std::erase_if(jobs_, [&](const std::shared_ptr<ServiceJob>& job) {
    if (job->part != part) return false;
    std::erase_if(job->pending, [&](std::size_t place) {
      const auto row = rows.find(job->batch.keys[place]);
      if (row == rows.end()) return false;
      job->batch.rows[place] = row->second;
      tokens_ -= job->batch.texts[place].size();
      --job->left;
      ++job->figures.found;
      return true;
    });
    if (job->left == 0) complete.push_back(job);
    return job->pending.empty();
  });
  return complete;
}

void JobQueue::remove(const std::shared_ptr<ServiceJob>& job) {
  const std::lock_guard lock(mutex_);
  if (std::erase(jobs_, job) > 0) forget(*job);
}

void JobQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::vector<std::shared_ptr<ServiceJob>> JobQueue::close_now() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  tokens_ = 0;
  std::vector<std::shared_ptr<ServiceJob>> left(jobs_.begin(), jobs_.end());
  jobs_.clear();
  return left;
}

std::size_t JobQueue::waiting_tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

std::size_t JobQueue::waiting_jobs() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

}  // namespace memo
