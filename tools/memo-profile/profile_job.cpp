#include "tools/memo-profile/profile_job.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "client/process/progress.h"
#include "client/settings/setting_values.h"
#include "memod/store/local_store.h"
#include "model/text/loaded_model.h"
#include "model/tuning/measure/map_averages.h"
#include "model/tuning/measure/match_examples.h"
#include "model/tuning/measure/shape_times.h"
#include "model/tuning/measure/similarity_probe.h"
#include "model/tuning/measure/thresholds.h"
#include "model/tuning/result/verdict.h"
#include "model/tuning/search/embedder_fit.h"
#include "model/tuning/search/policy_search.h"
#include "model/tuning/search/policy_testing.h"
#include "model/tuning/training/embedder_training.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-profile/profile_files.h"

namespace memo {
namespace {

constexpr std::uint32_t kUsualLengths[] = {64, 128, 256, 512};
// Share of the pool for the maps of stored texts; the rest is for the rounding of slots and extents.
constexpr double kPoolShare = 0.7;

// Draws a progress bar, and says on stderr which step this is.
class Step {
 public:
  explicit Step(const std::string& what) : progress_(what) {}
  Advance advance() {
    return [this](std::size_t done, std::size_t of) {
      progress_.update(static_cast<double>(done) / static_cast<double>(of), done);
    };
  }

 private:
  Progress progress_;
};

class ProfileJob {
 public:
  ProfileJob(const ProfileOptions& options, const Corpus& corpus, const std::string& folder, TextModel& plain)
      : options_(options), corpus_(corpus), folder_(folder), plain_(plain) {}

  Result<ProfileResult> run() {
    describe();
    average();
    MEMO_RETURN_IF_ERROR(save_averages(averages_, codebook()));
    MEMO_RETURN_IF_ERROR(train_embedder());
    {
      MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<MemoStore> store, make_store());
      MEMO_RETURN_IF_ERROR(measure_shapes(*store));
      MEMO_RETURN_IF_ERROR(probe(*store));
    }
    // A new, empty pool: candidates have other spaces.
    MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<MemoStore> store, make_store());
    MEMO_ASSIGN_OR_RETURN(const TrialGround ground, make_ground(*store));
    MEMO_ASSIGN_OR_RETURN(SearchResult found, search_policy(ground, {result_.budget, result_.similarities,
                                                                     result_.thresholds, storable_texts()}));
    MEMO_RETURN_IF_ERROR(test(ground, found));
    const Trial* chosen = found.chosen();
    result_.candidates = found.candidates();
    result_.pays = chosen != nullptr;
    result_.verdict = verdict(result_);
    result_.command = command_for(options_, result_.pays, chosen != nullptr && chosen->judge);
    MEMO_RETURN_IF_ERROR(write_profile_files(ground, chosen));
    return std::move(result_);
  }

 private:
  std::string codebook() const { return folder_ + "/codebook.safetensors"; }

  void describe() {
    ProfileSetting& setting = result_.setting;
    const ModelConfig& config = model().checkpoint.config;
    setting.model = std::filesystem::path(options_.model).filename().string();
    setting.fingerprint = model().checkpoint.fingerprint.hex();
    setting.input = std::filesystem::path(options_.source.path).filename().string();
    setting.machine = describe_machine();
    setting.dtype = name_of(plain_.engine().type());
    setting.length = length();
    setting.batch = options_.batch;
    setting.threads = options_.threads;
    setting.seed = options_.seed;
    setting.layers = static_cast<std::uint32_t>(config.layers);
    setting.heads = static_cast<std::uint32_t>(config.heads);
    setting.training_texts = corpus_.training().size();
    setting.validation_texts = corpus_.validation().size();
    setting.test_texts = corpus_.test().size();
    setting.mean_tokens = corpus_.mean_tokens();
    setting.classes = corpus_.classes();
    result_.budget = {!corpus_.classes().empty(), options_.budget, options_.fidelity};
  }

  Status measure_shapes(MemoStore& store) {
    Step step("timing lengths and batches");
    ShapeOptions shapes;
    std::set<std::uint32_t> lengths{length()};
    for (const std::uint32_t length : kUsualLengths)
      if (length <= model().checkpoint.config.max_positions) lengths.insert(length);
    shapes.lengths.assign(lengths.begin(), lengths.end());
    const std::set<std::uint32_t> batches{1, options_.batch};
    shapes.batches.assign(batches.begin(), batches.end());
    shapes.engine = {options_.type(), options_.threads};
    shapes.folder = folder_;
    const auto longest = std::max_element(
        corpus_.training().begin(), corpus_.training().end(),
        [](const ProfileText* a, const ProfileText* b) { return a->tokens.size() < b->tokens.size(); });
    MEMO_ASSIGN_OR_RETURN(result_.times, time_shapes(model(), shapes, (*longest)->tokens, store, step.advance()));
    return Status::ok();
  }

  void average() {
    Step step("averaging maps");
    averages_ = average_maps(plain_.engine(), fitting_texts(corpus_, options_.fitting_texts), length(),
                             options_.batch, step.advance());
  }

  // Deletes a pool that was there before.
  Result<std::unique_ptr<MemoStore>> make_store() const {
    StoreOptions pool;
    pool.path = folder_ + "/pool";
    pool.create_bytes = *parse_size(options_.pool_size);
    std::error_code ignored;
    std::filesystem::remove(pool.path, ignored);
    return open_local_store(pool);
  }

  // The training texts whose maps fit into the pool if all layers look up.
  TextList storable_texts() const {
    const MapShape shape{static_cast<std::uint32_t>(model().checkpoint.config.heads), length(), MapEncoding::u8};
    const double bytes = static_cast<double>(shape.payload_bytes() * model().checkpoint.layers.size());
    return first(
        corpus_.training(),
        static_cast<std::size_t>(kPoolShare * static_cast<double>(*parse_size(options_.pool_size)) / bytes));
  }

  // With too few texts the projection is kept.
  Status train_embedder() {
    const TextList texts = fitting_texts(corpus_, options_.fitting_texts);
    if (texts.size() < kMinEmbedderTexts) return Status::ok();
    Step step("training the embedder");
    embedder_ = folder_ + "/embedder.safetensors";
    result_.setting.embedder_texts = texts.size();
    return fit_embedder(model(), texts, {length(), options_.threads, options_.seed, options_.output}, embedder_,
                        step.advance());
  }

  Status probe(MemoStore& store) {
    Step step("comparing maps with stored ones");
    const std::string path = folder_ + "/probe.toml";
    Policy probing = Policy::defaults(length(), model().checkpoint.config.layers);
    probing.selection = Selection::fixed;
    probing.embedder = embedder_;
    MEMO_RETURN_IF_ERROR(probing.save(path));
    MEMO_ASSIGN_OR_RETURN(const auto model,
                          TextModel::memoized(model(), path, {options_.type(), options_.threads}, store));
    const TextList stored = storable_texts();
    if (stored.empty())
      return {StatusCode::full,
              fmt::format("--pool-size {}: has no room for the maps of one text; give more", options_.pool_size)};
    const TextList probed = first(corpus_.validation(), options_.probe_texts);
    SimilarityProbe probe(*model, averages_);
    MEMO_ASSIGN_OR_RETURN(const ProbeResult found, probe.run(stored, probed, options_.batch, step.advance()));
    result_.similarities = found.similarities;
    result_.thresholds = threshold_points(found, probed.size(), saved_by_a_layer());
    result_.examples = match_examples(plain_.engine(), found, stored, probed);
    return Status::ok();
  }

  double saved_by_a_layer() const {
    for (const TimePoint& point : result_.times)
      if (point.length == length() && point.batch == options_.batch)
        return (point.plain_us - point.fixed_us) / static_cast<double>(model().checkpoint.layers.size());
    return 0;
  }

  Result<TrialGround> make_ground(MemoStore& store) {
    TrialGround ground{options_, corpus_, codebook(), embedder_, folder_, store, plain_, storable_texts().size(),
                       {},       {},      {},         0};
    Step step("running plainly");
    ground.plain_validation =
        run_texts(plain_.engine(), nullptr, corpus_.validation(), options_.batch, step.advance());
    if (!ground.has_labels()) return ground;
    const TextList texts = head_texts(corpus_);
    const ModelOutputs outputs = run_texts(plain_.engine(), nullptr, texts, options_.batch, step.advance());
    ground.head_l2 = head_l2(model().checkpoint.config, corpus_.classes(), texts, outputs);
    MEMO_ASSIGN_OR_RETURN(
        Judge judge, Judge::fit(model().checkpoint.config, corpus_.classes(), texts, outputs, ground.head_l2));
    ground.plain_answers = answers_of(corpus_, judge, ground.plain_validation, outputs);
    result_.setting.judged_texts = corpus_.validation().size() + texts.size() - seen_head_texts(ground, {});
    ground.plain_judge = std::move(judge);
    return ground;
  }

  Status test(const TrialGround& ground, SearchResult& found) {
    if (const Trial* chosen = found.chosen()) {
      Step step("testing");
      MEMO_ASSIGN_OR_RETURN(result_.test, test_policy(ground, *chosen, step.advance()));
    }
    if (!options_.test_all) return Status::ok();
    Step step("testing every candidate");
    return test_candidates(ground, found.trials, step.advance());
  }

  const LoadedModel& model() const { return plain_.loaded(); }
  std::uint32_t length() const { return plain_.length(); }

  const ProfileOptions& options_;
  const Corpus& corpus_;
  const std::string folder_;
  TextModel& plain_;
  std::vector<at::Tensor> averages_;  // [layers] of [heads, length, length]
  std::string embedder_;              // file; empty: the projection
  ProfileResult result_;
};

}  // namespace

Result<ProfileResult> run_profile_job(const ProfileOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options.model));
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, model.choose_length(options.length));
  // Otherwise oneTBB would start no more threads than there are cores, for an arena of any size.
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, options.threads);
  MEMO_ASSIGN_OR_RETURN(const Corpus corpus, Corpus::read(options, model, length));
  MEMO_RETURN_IF_ERROR(make_output_folder(options.output));
  const TemporaryFolder folder(options.folder, "memo-profile");
  MEMO_RETURN_IF_ERROR(folder.status());
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<TextModel> plain,
                        TextModel::plain(model, {options.type(), options.threads}, length));
  return ProfileJob(options, corpus, folder.path(), *plain).run();
}

}  // namespace memo
