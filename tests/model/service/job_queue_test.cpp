// Jobs that wait take turns, within limits, and what nobody wants any more is not computed.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "model/service/job_queue.h"

namespace memo::test {
namespace {

using Jobs = std::vector<std::shared_ptr<ServiceJob>>;

Key key_of(std::uint64_t number) {
  return {0, number};
}

// A job whose texts have these lengths. keys: of its texts, counted from here.
std::shared_ptr<ServiceJob> job_of(const std::vector<std::size_t>& lengths, std::uint64_t keys = 0) {
  auto job = std::make_shared<ServiceJob>();
  for (const std::size_t length : lengths) job->inputs.push_back({std::vector<std::int32_t>(length), {}});
  for (std::size_t place = 0; place < lengths.size(); ++place) {
    job->batch.texts.emplace_back(job->inputs[place].ids);
    job->batch.keys.push_back(key_of(keys + place));
    job->batch.rows.push_back(Tensor::zeros({2}));
    job->batch.text_of.push_back(place);
    job->pending.push_back(place);
  }
  job->left = lengths.size();
  return job;
}

std::shared_ptr<ServiceJob> even_job(std::size_t texts, std::size_t length) {
  return job_of(std::vector<std::size_t>(texts, length));
}

std::size_t count_of(const JobQueue::Batch& batch, const std::shared_ptr<ServiceJob>& job) {
  return static_cast<std::size_t>(
      std::ranges::count_if(batch.texts, [&](const QueuedText& text) { return text.job == job; }));
}

std::size_t tokens_of(const JobQueue::Batch& batch) {
  std::size_t sum = 0;
  for (const QueuedText& text : batch.texts) sum += text.tokens().size();
  return sum;
}

TEST(JobQueue, AJobThatIsAloneFillsTheBatch) {
  JobQueue sut({.batch_tokens = 10});
  const auto job = even_job(5, 3);
  ASSERT_TRUE(sut.push(job));
  EXPECT_EQ(count_of(sut.take(), job), 3u);
  EXPECT_EQ(count_of(sut.take(), job), 2u);
}

TEST(JobQueue, TextsOfAJobAreTakenInTheirOrder) {
  JobQueue sut({.batch_tokens = 4});
  ASSERT_TRUE(sut.push(even_job(5, 2)));
  std::vector<std::size_t> places;
  while (places.size() < 5)
    for (const QueuedText& text : sut.take().texts) places.push_back(text.place);
  EXPECT_EQ(places, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(JobQueue, NoJobGetsMoreThanHalfOfABatchAtATimeWhileSeveralWait) {
  JobQueue sut({.batch_tokens = 8});
  const auto first = even_job(10, 1), second = even_job(10, 1);
  ASSERT_TRUE(sut.push(first) && sut.push(second));
  const JobQueue::Batch batch = sut.take();
  EXPECT_EQ(count_of(batch, first), 4u);
  EXPECT_EQ(count_of(batch, second), 4u);
}

TEST(JobQueue, ASmallJobIsInTheFirstBatchAfterALargeOne) {
  JobQueue sut({.batch_tokens = 16});
  const auto large = even_job(10'000, 1), small = even_job(1, 5);
  ASSERT_TRUE(sut.push(large) && sut.push(small));
  const JobQueue::Batch batch = sut.take();
  EXPECT_EQ(count_of(batch, small), 1u);
  EXPECT_EQ(count_of(batch, large), 11u);
}

TEST(JobQueue, EveryJobHasATurnBeforeOneHasItsSecond) {
  JobQueue sut({.batch_tokens = 4});
  const Jobs jobs = {even_job(10, 2), even_job(10, 2), even_job(10, 2)};
  for (const auto& job : jobs) ASSERT_TRUE(sut.push(job));
  std::vector<std::shared_ptr<ServiceJob>> turns;
  while (turns.size() < 6)
    for (const QueuedText& text : sut.take().texts) turns.push_back(text.job);
  EXPECT_EQ(turns, (Jobs{jobs[0], jobs[1], jobs[2], jobs[0], jobs[1], jobs[2]}));
}

TEST(JobQueue, ATextThatIsLongerThanABatchIsOneByItself) {
  JobQueue sut({.batch_tokens = 4});
  const auto job = job_of({2, 9, 1, 1});
  ASSERT_TRUE(sut.push(job));
  EXPECT_EQ(sut.take().texts.size(), 1u);
  const JobQueue::Batch longest = sut.take();
  ASSERT_EQ(longest.texts.size(), 1u);
  EXPECT_EQ(longest.texts[0].tokens().size(), 9u);
  EXPECT_EQ(sut.take().texts.size(), 2u);
}

TEST(JobQueue, EveryTextIsTakenOnceWithinTheLimitOfTokens) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const std::size_t limit = 1 + random() % 30;
    JobQueue sut({.batch_tokens = limit});
    std::size_t texts = 0;
    for (std::size_t i = 0, jobs = 1 + random() % 6; i < jobs; ++i) {
      std::vector<std::size_t> lengths(1 + random() % 20);
      for (std::size_t& length : lengths) length = 1 + random() % 40;
      texts += lengths.size();
      ASSERT_TRUE(sut.push(job_of(lengths)));
    }
    sut.close();
    std::size_t taken = 0;
    for (JobQueue::Batch batch = sut.take(); !batch.empty(); batch = sut.take()) {
      taken += batch.texts.size();
      ASSERT_TRUE(tokens_of(batch) <= limit || batch.texts.size() == 1) << "limit " << limit;
    }
    EXPECT_EQ(taken, texts);
    EXPECT_EQ(sut.waiting_tokens() + sut.waiting_jobs(), 0u);
  }
}

TEST(JobQueue, WithTooManyTokensTheNextJobIsRefusedUntilSomeAreTaken) {
  JobQueue sut({.batch_tokens = 6, .waiting_tokens = 10});
  ASSERT_TRUE(sut.push(even_job(4, 3)));
  EXPECT_EQ(sut.waiting_tokens(), 12u);
  const Status refused = sut.push(even_job(1, 1));
  EXPECT_EQ(refused.code(), StatusCode::busy);
  EXPECT_EQ(refused.message(), "12 tokens wait already, 10 are allowed");
  EXPECT_EQ(sut.waiting_jobs(), 1u);
  (void)sut.take();
  EXPECT_EQ(sut.waiting_tokens(), 6u);
  EXPECT_TRUE(sut.push(even_job(1, 1)));
}

TEST(JobQueue, OnlyTextsThatWaitCount) {
  JobQueue sut({.batch_tokens = 6});
  const auto job = even_job(4, 3);
  job->pending = {1, 3};
  ASSERT_TRUE(sut.push(job));
  EXPECT_EQ(sut.waiting_tokens(), 6u);
  EXPECT_EQ(sut.take().texts.size(), 2u);
}

TEST(JobQueue, AbandonedAndLateJobsAreDroppedAndTheOthersTaken) {
  JobQueue sut({.batch_tokens = 6});
  const auto abandoned = even_job(4, 3), late = even_job(4, 3), wanted = even_job(2, 3);
  late->deadline = ServiceJob::Clock::now() - std::chrono::seconds(1);
  for (const auto& job : {abandoned, late, wanted}) ASSERT_TRUE(sut.push(job));
  abandoned->abandoned = true;
  const JobQueue::Batch batch = sut.take();
  EXPECT_EQ(batch.dropped, (Jobs{abandoned, late}));
  EXPECT_EQ(count_of(batch, wanted), 2u);
  EXPECT_EQ(batch.texts.size(), 2u);
  EXPECT_EQ(sut.waiting_tokens() + sut.waiting_jobs(), 0u);
}

TEST(JobQueue, AJobThatIsAbandonedBetweenItsBatchesIsDroppedOnce) {
  JobQueue sut({.batch_tokens = 6});
  const auto job = even_job(4, 3);
  ASSERT_TRUE(sut.push(job));
  EXPECT_EQ(sut.take().texts.size(), 2u);
  job->abandoned = true;
  const JobQueue::Batch batch = sut.take();
  EXPECT_EQ(batch.dropped, Jobs{job});
  EXPECT_TRUE(batch.texts.empty());
  sut.close();
  EXPECT_TRUE(sut.take().empty());
}

TEST(JobQueue, AnAnswerReachesAllJobsThatWaitForEqualTexts) {
  JobQueue sut({.batch_tokens = 6});
  const auto whole = job_of({3}, 7), part = job_of({3, 3, 3}, 6), other = job_of({3}, 1);
  for (const auto& job : {whole, part, other}) ASSERT_TRUE(sut.push(job));
  const std::vector<float> row = {1.5f, -2};
  EXPECT_EQ(sut.answer(TextPart::states, {{key_of(7), Tensor::of({2}, row)}}), Jobs{});
  EXPECT_EQ(sut.answer(TextPart::result, {{key_of(7), Tensor::of({2}, row)}}), Jobs{whole});
  EXPECT_TRUE(std::ranges::equal(whole->row(0), row));
  EXPECT_TRUE(std::ranges::equal(part->row(1), row));
  EXPECT_EQ(part->left, 2u);
  EXPECT_EQ(part->pending, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(part->figures.found, 1u);
  EXPECT_EQ(other->left, 1u);
  EXPECT_EQ(sut.waiting_jobs(), 2u);
  EXPECT_EQ(sut.waiting_tokens(), 9u);
}

TEST(JobQueue, ABatchHasOnePartOfItsTexts) {
  JobQueue sut({.batch_tokens = 100});
  const auto states = even_job(2, 3), results = even_job(3, 3), more = even_job(1, 3);
  states->part = TextPart::states;
  for (const auto& job : {results, states, more}) ASSERT_TRUE(sut.push(job));
  const JobQueue::Batch first = sut.take();
  EXPECT_EQ(count_of(first, results), 3u);
  EXPECT_EQ(count_of(first, more), 1u);
  EXPECT_EQ(first.texts.size(), 4u);
  EXPECT_EQ(count_of(sut.take(), states), 2u);
}

TEST(JobQueue, WhatIsRemovedIsNotTaken) {
  JobQueue sut({.batch_tokens = 6});
  const auto removed = even_job(4, 3), kept = even_job(1, 3);
  ASSERT_TRUE(sut.push(removed) && sut.push(kept));
  sut.remove(removed);
  sut.remove(removed);
  EXPECT_EQ(sut.waiting_tokens(), 3u);
  const JobQueue::Batch batch = sut.take();
  EXPECT_EQ(count_of(batch, kept), 1u);
  EXPECT_EQ(batch.texts.size(), 1u);
}

TEST(JobQueue, TakesNoJobsOnceClosedAndGivesThoseThatWait) {
  JobQueue sut({.batch_tokens = 6});
  const auto job = even_job(1, 3);
  ASSERT_TRUE(sut.push(job));
  sut.close();
  EXPECT_EQ(sut.push(even_job(1, 1)).code(), StatusCode::unavailable);
  EXPECT_EQ(count_of(sut.take(), job), 1u);
  EXPECT_TRUE(sut.take().empty());
}

TEST(JobQueue, ClosedNowReturnsWhatWaitsAndGivesNothing) {
  JobQueue sut({.batch_tokens = 6});
  const Jobs jobs = {even_job(4, 3), even_job(1, 3)};
  for (const auto& job : jobs) ASSERT_TRUE(sut.push(job));
  EXPECT_EQ(sut.close_now(), jobs);
  EXPECT_TRUE(sut.take().empty());
  EXPECT_EQ(sut.waiting_tokens() + sut.waiting_jobs(), 0u);
}

TEST(JobQueue, TakeWaitsForAJobAndForTheEnd) {
  JobQueue sut({.batch_tokens = 6});
  std::vector<std::size_t> sizes;
  std::thread taker([&] {
    for (JobQueue::Batch batch = sut.take(); !batch.empty(); batch = sut.take())
      sizes.push_back(batch.texts.size());
  });
  ASSERT_TRUE(sut.push(even_job(2, 3)));
  sut.close();
  taker.join();
  EXPECT_EQ(sizes, std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace memo::test
