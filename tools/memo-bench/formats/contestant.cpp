#include "tools/memo-bench/formats/contestant.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <ctime>

#include "tools/memo-bench/common/samples.h"

namespace memo {
namespace {

std::vector<TokenSequence> sequences_of(const FullBatch& batch) {
  std::vector<TokenSequence> sequences;
  for (const ProfileText* text : batch) sequences.push_back(text->tokens);
  return sequences;
}

std::vector<std::vector<std::int64_t>> ids_of(const FullBatch& batch) {
  std::vector<std::vector<std::int64_t>> ids;
  for (const ProfileText* text : batch) ids.emplace_back(text->tokens.begin(), text->tokens.end());
  return ids;
}

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

at::Tensor of_length_one(const at::Tensor& vectors) {
  return vectors / at::norm(vectors, 2, {1}, true).clamp_min(1e-12);
}

class OwnEngine final : public FormatContestant {
 public:
  explicit OwnEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  std::string engine() const override { return "memod"; }
  std::string dtype() const override { return name_of(engine_->type()); }
  std::string way() const override { return ""; }
  Result<PeerTiming> time(const FullBatch& batch) override {
    const std::vector<TokenSequence> sequences = sequences_of(batch);
    const double cpu_start = cpu_ms();
    const auto start = BenchClock::now();
    engine_->forward(sequences, nullptr);
    return PeerTiming{1e3 * seconds_since(start), cpu_ms() - cpu_start};
  }
  Result<at::Tensor> embeddings(const FullBatch& batch) override {
    return of_length_one(run_batch(*engine_, nullptr, sequences_of(batch)).embeddings);
  }

 private:
  std::unique_ptr<Engine> engine_;
};

class PeerEngine final : public FormatContestant {
 public:
  PeerEngine(Peer peer, const PeerFormat& format)
      : peer_(std::move(peer)), format_(format), rows_(static_cast<std::int64_t>(format.batch)) {}

  std::string engine() const override { return peer_.name(); }
  std::string dtype() const override { return format_.options.dtype; }
  std::string way() const override { return format_.way; }
  Result<PeerTiming> time(const FullBatch& batch) override { return peer_.run(ids_of(batch)); }
  Result<at::Tensor> embeddings(const FullBatch& batch) override {
    MEMO_ASSIGN_OR_RETURN(std::vector<float> states, peer_.states(ids_of(batch)));
    const auto count = static_cast<std::int64_t>(states.size());
    return of_length_one(at::from_blob(states.data(), {count}, at::kFloat)
                             .reshape({rows_, std::int64_t{format_.length}, -1})
                             .mean(1));
  }

 private:
  Peer peer_;
  PeerFormat format_;
  std::int64_t rows_;
};

}  // namespace

Result<std::unique_ptr<FormatContestant>> make_own(const Checkpoint& checkpoint, EngineOptions options) {
  MEMO_ASSIGN_OR_RETURN(auto engine, Engine::make(checkpoint, options));
  if (engine->type() != options.type)
    return Status(StatusCode::unsupported, fmt::format("this CPU has no {} products", name_of(options.type)));
  return std::unique_ptr<FormatContestant>(std::make_unique<OwnEngine>(std::move(engine)));
}

Result<std::unique_ptr<FormatContestant>> make_peer(const PeerFormat& format) {
  MEMO_ASSIGN_OR_RETURN(Peer peer, Peer::start(format.options));
  PeerQuantization quantization;
  quantization.way = format.way;
  quantization.calibration = ids_of(format.calibration);
  MEMO_RETURN_IF_ERROR(peer.load(format.model_folder, format.batch, format.length, quantization));
  return std::unique_ptr<FormatContestant>(std::make_unique<PeerEngine>(std::move(peer), format));
}

}  // namespace memo
