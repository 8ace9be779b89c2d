#include "model/service/text_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

namespace memo {
namespace {

using Clock = ServiceJob::Clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A batch of texts of which no result is known.
OutputBatch batch_of_all(TokenSequences texts) {
  OutputBatch batch;
  batch.texts.assign(texts.begin(), texts.end());
  batch.rows.resize(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    batch.text_of.push_back(i);
    batch.missing.push_back(i);
  }
  return batch;
}

template <typename Values>
void append_all(const Values& values, Values& to) {
  to.insert(to.end(), values.begin(), values.end());
}

// Appends the texts of a batch to those of another.
void append(const OutputBatch& batch, OutputBatch& to) {
  const std::size_t first = to.texts.size();
  append_all(batch.texts, to.texts);
  append_all(batch.keys, to.keys);
  append_all(batch.verdicts, to.verdicts);
  append_all(batch.rows, to.rows);
  append_all(batch.answered, to.answered);
  for (const std::size_t place : batch.text_of) to.text_of.push_back(first + place);
  for (const std::size_t place : batch.missing) to.missing.push_back(first + place);
}

// Appends one text of a batch, with all that is known of it except its row, to another batch.
void append(const OutputBatch& batch, std::size_t place, OutputBatch& to) {
  to.texts.push_back(batch.texts[place]);
  if (batch.keys.empty()) return;
  to.keys.push_back(batch.keys[place]);
  to.verdicts.push_back(batch.verdicts[place]);
  to.answered.push_back(batch.answered[place]);
}

// The texts of a batch whose results were found.
OutputBatch found_part(const OutputBatch& batch) {
  OutputBatch found;
  auto missing = batch.missing.begin();
  for (std::size_t place = 0; place < batch.texts.size(); ++place) {
    if (missing != batch.missing.end() && *missing == place)
      ++missing;
    else
      append(batch, place, found);
  }
  return found;
}

// Texts of a job that are looked up at a time.
constexpr std::size_t kAskedAtATime = 64;

// The limit of tokens for texts that must not be cut: far above any model's, so that longer texts are refused.
constexpr std::size_t kWhole = std::size_t{1} << 20;

Status too_long(std::size_t index, std::size_t tokens, std::uint32_t length) {
  return {StatusCode::full,
          fmt::format("`inputs` must have less than {} tokens. Given: {} (input {}); \"truncate\": true cuts it",
                      length + 1, tokens, index)};
}

}  // namespace

// Texts that are computed together; equal ones once.
struct TextService::Chunk {
  TextPart part;
  OutputBatch batch;
  std::vector<std::size_t> place_of;  // [queued texts]
  std::vector<bool> exact;            // [different texts]
};

Result<std::unique_ptr<TextService>> TextService::make(LoadedModel loaded, ServiceOptions options,
                                                       MemoStore* store, std::mutex& turn) {
  assert((store != nullptr) == options.policy.has_value());
  std::unique_ptr<TextService> service(new TextService(std::move(loaded), turn, options.queue));
  MEMO_ASSIGN_OR_RETURN(service->model_, store == nullptr
                                             ? TextModel::plain(service->loaded_, options.engine, options.length)
                                             : TextModel::memoized(service->loaded_, std::move(*options.policy),
                                                                   options.engine, *store));
  service->shape_ = OutputShape::of(service->model_->engine().checkpoint());
  service->thread_ = std::thread([raw = service.get()] { raw->run(); });
  return service;
}

TextService::TextService(LoadedModel loaded, std::mutex& turn, QueueLimits limits)
    : loaded_(std::move(loaded)), turn_(turn), queue_(limits) {}

TextService::~TextService() {
  if (thread_.joinable()) stop();
}

void TextService::finish() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void TextService::stop() {
  for (const std::shared_ptr<ServiceJob>& job : queue_.close_now())
    job->done(job, {StatusCode::unavailable, "the server is shutting down"});
  if (thread_.joinable()) thread_.join();
}

Result<std::vector<PairEncoding>> TextService::tokenize(std::span<const TextInput> texts,
                                                        const TokenizeOptions& options) const {
  const std::string& prompt = options.prompt ? *options.prompt : loaded_.prompt();
  if (loaded_.pooled_from(prompt) != loaded_.checkpoint.config.pooled_from)
    return Status(StatusCode::invalid_argument,
                  "this model leaves the tokens of its prompt out of the pooling, and is served with one prompt");
  const EncodeOptions encode{.max_length = options.truncate ? length() : kWhole, .side = options.side};
  std::vector<PairEncoding> inputs(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].pair)
      inputs[i] = loaded_.encode_pair(texts[i].text, *texts[i].pair, encode, prompt);
    else
      inputs[i].ids = loaded_.encode(texts[i].text, encode, prompt);
    if (inputs[i].ids.size() > length()) return too_long(i, inputs[i].ids.size(), length());
  }
  return inputs;
}

void TextService::submit(const std::shared_ptr<ServiceJob>& job) {
  assert(!job->inputs.empty() && job->done);
  const Clock::time_point start = Clock::now();
  begin(*job);
  job->figures.lookup_s = seconds_since(start);
  job->left = job->batch.missing.size();
  if (job->left == 0) return job->done(job, Status::ok());
  job->pending = job->batch.missing;
  job->submitted = Clock::now();
  if (const Status taken = queue_.push(job); !taken) job->done(job, taken);
}

// Some texts at a time, so that other callers can ask in between.
void TextService::begin(ServiceJob& job) {
  const std::vector<TokenSequence> sequences = sequences_of(job.inputs);
  for (std::size_t first = 0; first < sequences.size(); first += kAskedAtATime)
    append(ask(job.part, std::span(sequences).subspan(first, std::min(kAskedAtATime, sequences.size() - first))),
           job.batch);
  job.figures.found = job.batch.texts.size() - job.batch.missing.size();
}

OutputBatch TextService::ask(TextPart part, TokenSequences texts) {
  const std::lock_guard lock(mutex_);
  OutputReuse* reuse = model_->reuse_of(part);
  if (reuse == nullptr) return batch_of_all(texts);
  OutputBatch batch = reuse->begin(texts);
  if (batch.missing.size() < batch.texts.size()) reuse->conclude(found_part(batch), 0, {});
  return batch;
}

void TextService::run() {
  for (JobQueue::Batch batch = queue_.take(); !batch.empty(); batch = queue_.take()) {
    for (const std::shared_ptr<ServiceJob>& job : batch.dropped)
      job->done(job, job->abandoned ? Status(StatusCode::unavailable, "the client has gone")
                                    : Status(StatusCode::deadline_exceeded, "the request waited too long"));
    if (batch.texts.empty()) continue;
    try {
      compute(batch.texts);
    } catch (const std::exception& error) {
      fail(batch.texts, {StatusCode::internal, error.what()});
    }
  }
}

void TextService::fail(const std::vector<QueuedText>& texts, const Status& why) {
  std::set<std::shared_ptr<ServiceJob>> jobs;
  for (const QueuedText& text : texts) jobs.insert(text.job);
  for (const std::shared_ptr<ServiceJob>& job : jobs) {
    queue_.remove(job);
    job->done(job, why);
  }
}

void TextService::compute(const std::vector<QueuedText>& texts) {
  const Clock::time_point now = Clock::now();
  Chunk chunk{texts.front().job->part, {}, {}, {}};
  std::unordered_map<Key, std::size_t> places;
  for (const QueuedText& text : texts) {
    if (text.job->started == Clock::time_point()) {
      text.job->started = now;
      text.job->figures.queue_s = std::chrono::duration<double>(now - text.job->submitted).count();
    }
    const OutputBatch& batch = text.job->batch;
    std::size_t place = chunk.batch.texts.size();
    if (!batch.keys.empty()) place = places.emplace(batch.keys[text.place], place).first->second;
    if (place == chunk.batch.texts.size()) append(batch, text.place, chunk.batch);
    chunk.place_of.push_back(place);
  }
  compute(chunk);
  deliver(texts, chunk);
}

void TextService::compute(Chunk& chunk) {
  OutputBatch& batch = chunk.batch;
  for (std::size_t place = 0; place < batch.texts.size(); ++place) batch.missing.push_back(place);
  double seconds = 0;
  {
    const std::lock_guard turn(turn_);
    const PartTimer timer(seconds);
    TextModel::Computed computed = model_->compute(batch.texts, chunk.part);
    batch.rows = std::move(computed.rows);
    chunk.exact = std::move(computed.exact);
  }
  std::size_t tokens = 0;
  for (const TokenSequence& text : batch.texts) tokens += text.size();
  learn_speed(tokens, seconds);
  conclude(chunk, seconds);
}

void TextService::conclude(const Chunk& chunk, double seconds) {
  const std::lock_guard lock(mutex_);
  if (OutputReuse* reuse = model_->reuse_of(chunk.part); reuse != nullptr)
    reuse->conclude(chunk.batch, seconds, chunk.exact);
}

void TextService::learn_speed(std::size_t tokens, double seconds) {
  const std::lock_guard lock(mutex_);
  ++figures_.batches;
  figures_.batch_tokens += tokens;
  if (seconds <= 0) return;
  const double now = static_cast<double>(tokens) / seconds;
  figures_.tokens_per_s = figures_.tokens_per_s == 0 ? now : 0.9 * figures_.tokens_per_s + 0.1 * now;
}

// Gives the rows to the jobs of the texts, and to jobs that came meanwhile with equal texts.
void TextService::deliver(const std::vector<QueuedText>& texts, const Chunk& chunk) {
  std::vector<std::shared_ptr<ServiceJob>> complete;
  JobQueue::Rows rows;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ServiceJob& job = *texts[i].job;
    const std::size_t place = chunk.place_of[i];
    const Tensor& row = chunk.batch.rows[place];
    job.batch.rows[texts[i].place] = row;
    if (!chunk.batch.keys.empty() && chunk.exact[place]) rows.emplace(chunk.batch.keys[place], row);
    ++job.figures.computed;
    job.figures.computed_tokens += texts[i].tokens().size();
    job.figures.read_maps = job.figures.read_maps || !chunk.exact[place];
    if (--job.left == 0) complete.push_back(texts[i].job);
  }
  if (!rows.empty())
    for (auto& job : queue_.answer(chunk.part, rows)) complete.push_back(std::move(job));
  for (const std::shared_ptr<ServiceJob>& job : complete) {
    if (job->started != Clock::time_point()) job->figures.inference_s = seconds_since(job->started);
    job->done(job, Status::ok());
  }
}

// turn_ lets one thread at a time use the engine. mutex_ is not needed: nothing that it guards is used here.
Result<std::vector<LayerNearMaps>> TextService::near_maps(const PairEncoding& input, std::uint32_t neighbours) {
  const std::unique_lock searching(searching_, std::try_to_lock);
  if (!searching) return Status(StatusCode::busy, "another text's near maps are being searched for");
  const std::lock_guard turn(turn_);
  return find_near_maps(*model_, input, neighbours);
}

std::vector<std::size_t> TextService::map_layers() const {
  std::vector<std::size_t> layers;
  const MemoPlan* plan = model_->plan();
  for (std::size_t layer = 0; plan != nullptr && layer < plan->policy().layers.size(); ++layer)
    if (plan->has(layer, HeadMode::lookup)) layers.push_back(layer);
  return layers;
}

ServiceFigures TextService::figures() const {
  const std::lock_guard lock(mutex_);
  ServiceFigures figures = figures_;
  for (const TextPart part : kTextParts) {
    const OutputReuse* reuse = model_->reuse_of_opened(part);
    if (reuse != nullptr) figures.outputs += reuse->counters();
  }
  figures.waiting_tokens = queue_.waiting_tokens();
  figures.waiting_jobs = queue_.waiting_jobs();
  return figures;
}

}  // namespace memo
