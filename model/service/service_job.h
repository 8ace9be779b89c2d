// ServiceJob: the texts of one request on their way through a service.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "model/outputs/output_reuse.h"
#include "model/text_model/text_model.h"
#include "model/tokenizer/tokenizer.h"

namespace memo {

// What became of a job's texts. Units: seconds
struct JobFigures {
  double lookup_s = 0;
  double queue_s = 0;      // from the end of the lookup to the first batch with one of its texts
  double inference_s = 0;  // from there to the last result
  std::size_t found = 0;   // different texts whose results were known
  std::size_t computed = 0;
  std::size_t computed_tokens = 0;
  bool read_maps = false;  // some were computed with maps of the store
};

struct ServiceJob {
  using Clock = std::chrono::steady_clock;
  // Called once. Threads: that of the service, or the one that submits. Requires: does not throw.
  using Done = std::function<void(const std::shared_ptr<ServiceJob>&, const Status&)>;

  // Set before the job is submitted.
  std::vector<PairEncoding> inputs;
  TextPart part = TextPart::result;  // what is wanted of them
  Clock::time_point deadline = Clock::time_point::max();
  Done done;
  // Whoever asked has gone: what is not computed yet is dropped, and done() gets `unavailable`. Threads: any.
  std::atomic<bool> abandoned{false};

  // Of the service. `batch` refers to `inputs`.
  OutputBatch batch;
  std::vector<std::size_t> pending;  // places of `batch` that wait; of the queue, under its mutex
  std::size_t left = 0;              // places without a row yet
  Clock::time_point submitted;
  Clock::time_point started;
  JobFigures figures;

  // The result of an input: its embedding, then its logits; or its states, [tokens, hidden]. Requires: done() was told
  // ok. Shapes: -> [numbers]
  std::span<const float> row(std::size_t input) const { return batch.rows[batch.text_of[input]].elements(); }
  std::size_t tokens() const {
    std::size_t sum = 0;
    for (const PairEncoding& input : inputs) sum += input.ids.size();
    return sum;
  }
};

// One text that has to be computed.
struct QueuedText {
  std::shared_ptr<ServiceJob> job;
  std::size_t place = 0;  // in job->batch

  const TokenSequence& tokens() const { return job->batch.texts[place]; }
};

}  // namespace memo
