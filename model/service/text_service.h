// TextService: one model for many callers at once.
//
// A caller's thread tokenizes and asks for known results, so a text that came before is answered without waiting for
// the engine. What is left goes into a queue; a thread of the service computes it in batches of texts of all callers. A
// result is the same bits whatever batch it is computed in.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "memo/memo_store.h"
#include "model/policy/policy.h"
#include "model/service/job_queue.h"
#include "model/service/service_job.h"
#include "model/text_model/near_maps.h"
#include "model/text_model/text_model.h"

namespace memo {

struct ServiceOptions {
  EngineOptions engine;
  std::uint32_t length = 0;      // tokens of the longest input; 0: the policy's, else the model's own
  std::optional<Policy> policy;  // nothing: everything is computed
  QueueLimits queue;
};

// How a caller wants its texts cut.
struct TokenizeOptions {
  bool truncate = true;                // false: a text that is too long is an error
  std::optional<TruncationSide> side;  // where it is cut; nothing: as the folder says
  std::optional<std::string> prompt;   // before every text; nothing: the model's default
};

// What a service did since it was made.
struct ServiceFigures {
  OutputCounters outputs;
  std::uint64_t batches = 0;
  std::uint64_t batch_tokens = 0;
  std::size_t waiting_tokens = 0;
  std::size_t waiting_jobs = 0;
  double tokens_per_s = 0;  // lately, while it computed; 0: nothing was computed yet
};

// Threads: any, unless said otherwise.
class TextService {
 public:
  // turn: services that share the CPU's cores compute one at a time. store: null where there is no policy.
  // Lifetime: store and turn outlive the service. Errors: as TextModel::plain and memoized.
  static Result<std::unique_ptr<TextService>> make(LoadedModel loaded, ServiceOptions options, MemoStore* store,
                                                   std::mutex& turn);
  // Refuses what waits.
  ~TextService();

  const LoadedModel& loaded() const { return loaded_; }
  std::uint32_t length() const { return model_->length(); }
  DataType type() const { return model_->type(); }
  // Of results.
  OutputShape shape() const { return shape_; }
  // Whether embeddings are scaled to length 1.
  bool scales() const { return model_->scales(); }
  // Whether the store took the spaces of all memos.
  Status space_status() const { return model_->space_status(); }

  // Errors: full (a text has more tokens than length(), and is not to be cut); invalid_argument (pooling would have to
  // leave out another number of tokens for this prompt than for the model's own).
  Result<std::vector<PairEncoding>> tokenize(std::span<const TextInput> texts,
                                             const TokenizeOptions& options) const;

  // Asks for known results, and has the rest computed. job->done is called in any case, before this returns where
  // nothing is left. Requires: job->inputs is not empty; done is set.
  // done() gets: ok; busy (the queue is full), deadline_exceeded, unavailable (abandoned, or the server shuts down),
  // internal (no memory, or a library's error).
  void submit(const std::shared_ptr<ServiceJob>& job);

  // What the store has that is near this text's maps, layer by layer (near_maps.h). Waits for the engine's turn, so for
  // a batch. Requires: input came from tokenize(); 1 <= neighbours <= kMaxNeighbours.
  // Errors: busy (another caller's is being searched), as find_near_maps().
  Result<std::vector<LayerNearMaps>> near_maps(const PairEncoding& input, std::uint32_t neighbours);
  // The layers that look maps up.
  std::vector<std::size_t> map_layers() const;

  // Takes no more jobs, and computes those that wait.
  void finish();
  // Refuses those that wait.
  void stop();

  ServiceFigures figures() const;

 private:
  struct Chunk;
  TextService(LoadedModel loaded, std::mutex& turn, QueueLimits limits);
  void begin(ServiceJob& job);
  OutputBatch ask(TextPart part, TokenSequences texts);
  void run();
  void fail(const std::vector<QueuedText>& texts, const Status& why);
  void compute(const std::vector<QueuedText>& texts);
  void compute(Chunk& chunk);
  void deliver(const std::vector<QueuedText>& texts, const Chunk& chunk);
  void conclude(const Chunk& chunk, double seconds);
  void learn_speed(std::size_t tokens, double seconds);

  LoadedModel loaded_;
  std::mutex& turn_;
  std::unique_ptr<TextModel> model_;  // its engine is of the service's thread, under turn_
  OutputShape shape_;
  JobQueue queue_;
  std::mutex searching_;  // held by a caller of near_maps()
  mutable std::mutex mutex_;
  // Under mutex_: what model_ reuses, and
  ServiceFigures figures_;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace memo
