#include "tools/memo-bench/engine/modes.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "embed/training/torch_tensor.h"
#include "memod/store/local_store.h"
#include "model/policy/codebook.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/engine/value_projection.h"

namespace memo {
namespace {

// Bytes of the maps of all batches together: several times a last-level cache of today's CPUs.
constexpr std::size_t kColdBytes = std::size_t{192} << 20;
constexpr std::size_t kMaxBatches = 24;
constexpr std::int32_t kFirstId = 5;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<IdBatch> random_batches(const ModelConfig& config, std::uint32_t batch, std::uint32_t length) {
  const MapShape shape{static_cast<std::uint32_t>(config.heads), length, MapEncoding::u8};
  const std::size_t bytes = shape.payload_bytes() * batch * static_cast<std::size_t>(config.layers);
  const std::size_t count = std::clamp<std::size_t>(kColdBytes / bytes + 1, 2, kMaxBatches);
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> id(kFirstId, static_cast<std::int32_t>(config.vocabulary - 1));
  std::vector<IdBatch> batches(count, IdBatch(batch, std::vector<std::int32_t>(length)));
  for (IdBatch& sequences : batches)
    for (std::vector<std::int32_t>& sequence : sequences)
      for (std::int32_t& token : sequence) token = id(random);
  return batches;
}

std::vector<TokenSequence> spans_of(const IdBatch& batch) {
  return {batch.begin(), batch.end()};
}

Policy policy_of(const std::string& mode, const ModelConfig& config, std::uint32_t length,
                 const std::string& codebook) {
  Policy policy = Policy::defaults(length, config.layers);
  policy.codebook = codebook;
  policy.selection = Selection::fixed;  // measures the time of a hit, not whether it pays
  for (LayerPolicy& layer : policy.layers) {
    layer = {mode == "fixed" ? HeadMode::fixed : HeadMode::lookup, 0, true, "map"};
    if (mode == "mixed")
      for (std::uint32_t head = 0; head < static_cast<std::uint32_t>(config.heads); head += 2)
        layer.compute_heads.push_back(head);
  }
  return policy;
}

}  // namespace

const std::vector<std::string>& EngineModes::names() {
  static const std::vector<std::string> names = {"plain", "fixed", "hit", "mixed"};
  return names;
}

EngineModes::EngineModes(const Checkpoint& checkpoint, std::uint32_t batch, std::uint32_t length,
                         const std::vector<std::string>& modes)
    : checkpoint_(checkpoint),
      length_(length),
      modes_(modes),
      batches_(random_batches(checkpoint.config, batch, length)) {}

EngineModes::~EngineModes() {
  attentions_.clear();
  plans_.clear();
  store_.reset();
  std::error_code ignored;
  for (const std::string& path : {pool_path_, codebook_path_})
    if (!path.empty()) std::filesystem::remove(path, ignored);
  if (!pool_path_.empty()) std::filesystem::remove_all(pool_path_ + ".index", ignored);
}

Result<std::unique_ptr<EngineModes>> EngineModes::make(const Checkpoint& checkpoint, EngineOptions options,
                                                       std::uint32_t batch, std::uint32_t length,
                                                       const std::string& folder,
                                                       const std::vector<std::string>& names) {
  std::unique_ptr<EngineModes> modes(new EngineModes(checkpoint, batch, length, names));
  MEMO_ASSIGN_OR_RETURN(modes->engine_, Engine::make(checkpoint, options));
  if (names.size() == 1) return modes;
  MEMO_RETURN_IF_ERROR(modes->make_plans(folder));
  MEMO_RETURN_IF_ERROR(modes->fill());
  return modes;
}

std::uint64_t EngineModes::pool_bytes() const {
  const MapShape shape{static_cast<std::uint32_t>(checkpoint_.config.heads), length_, MapEncoding::u8};
  const std::uint64_t maps = batches_.size() * batches_.front().size() * checkpoint_.layers.size();
  // Whole maps and halves, and room to spare: nothing may be evicted.
  return 3 * maps * shape.payload_bytes() + (std::uint64_t{256} << 20);
}

Status EngineModes::make_plans(const std::string& folder) {
  pool_path_ = fmt::format("{}/memo-bench-engine-{}.pool", folder, getpid());
  MEMO_ASSIGN_OR_RETURN(const std::string codebook, write_codebook(folder));
  MEMO_ASSIGN_OR_RETURN(store_, open_local_store({pool_path_, pool_bytes(), false}));
  for (const std::string& mode : modes_) {
    if (mode == "plain") continue;
    MEMO_ASSIGN_OR_RETURN(std::unique_ptr<MemoPlan> plan,
                          MemoPlan::make(checkpoint_, engine_->type(),
                                         policy_of(mode, checkpoint_.config, length_, codebook), *store_));
    plans_.push_back(std::move(plan));
    attentions_.push_back(std::make_unique<MemoizedAttention>(*plans_.back()));
  }
  return Status::ok();
}

// The rows are uniform: a fixed map takes equally long with any content.
Result<std::string> EngineModes::write_codebook(const std::string& folder) {
  codebook_path_ = fmt::format("{}/memo-bench-engine-{}.safetensors", folder, getpid());
  Codebook codebook;
  codebook.add("map", uniform_map(checkpoint_.config, length_));
  MEMO_RETURN_IF_ERROR(codebook.save(codebook_path_));
  return codebook_path_;
}

// Two passes over every batch: the first publishes, the second finds everything.
Status EngineModes::fill() {
  for (const std::string& mode : modes_)
    for (int pass = 0; pass < 2 && mode != "plain"; ++pass)
      for (std::size_t round = 0; round < batches_.size(); ++round) forward(mode, round);
  // This also holds for fixed maps, which make no lookups.
  for (const auto& attention : attentions_)
    for (const LayerCounters& layer : attention->counters())
      if (layer.exact_hits * 2 != layer.lookups)
        return {StatusCode::internal, fmt::format("only {} of {} lookups of the second pass were hits",
                                                  layer.exact_hits, layer.lookups / 2)};
  return Status::ok();
}

AttentionSource* EngineModes::source_of(const std::string& mode) {
  const auto found = std::find(modes_.begin(), modes_.end(), mode);
  const auto index = static_cast<std::size_t>(found - modes_.begin());
  return index == 0 ? nullptr : attentions_[index - 1].get();
}

void EngineModes::forward(const std::string& mode, std::size_t round) {
  engine_->forward(spans_of(batch(round)), source_of(mode));
}

EngineModes::Timing EngineModes::run(const std::string& mode, std::size_t round) {
  const double cpu = cpu_seconds();
  const auto start = BenchClock::now();
  forward(mode, round);
  const double wall = seconds_since(start);
  return {1e3 * wall, 1e3 * (cpu_seconds() - cpu)};
}

double EngineModes::error(const std::string& mode) {
  forward("plain", 0);
  const at::Tensor plain = to_torch(engine_->states(0));
  forward(mode, 0);
  return ((to_torch(engine_->states(0)) - plain).norm() / plain.norm()).item<double>();
}

double EngineModes::limit() {
  constexpr std::size_t kBlock = 128;
  const double values = value_projection_seconds(checkpoint_, engine_->type(), batches_.front().size() * length_,
                                                 std::min<std::size_t>(kBlock, length_));
  std::vector<double> shares;
  for (std::size_t round = 0; round < 3; ++round) {
    const double before = engine_->attention_seconds();
    const Timing timing = run("plain", round);
    const double attention = engine_->attention_seconds() - before;
    shares.push_back((attention - values) / (1e-3 * timing.wall_ms * engine_->threads()));
  }
  std::sort(shares.begin(), shares.end());
  return shares[1];
}

}  // namespace memo
