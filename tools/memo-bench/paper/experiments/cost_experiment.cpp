#include "tools/memo-bench/paper/experiments/cost_experiment.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <set>

#include "tools/memo-bench/engine/value_projection.h"
#include "tools/memo-bench/paper/ground/map_pool.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// Number of texts whose maps are stored: similar hits are found among them, and a miss is compared with them.
constexpr std::size_t kStored = 500;
// How many batches after its maps were stored a text comes again: the maps of 8 batches of 8 are several times
// what a cache holds.
constexpr std::size_t kLag = 8;
// Only the same text's map is this near: every map is looked up and none is found.
constexpr float kHardlyAnyDistance = 1e-6f;

// The texts of full length if there are enough of them, else all.
TextList longest(const TextList& texts, std::uint32_t length, std::size_t enough) {
  TextList full;
  for (const ProfileText* text : texts)
    if (text->tokens.size() == length) full.push_back(text);
  return full.size() >= enough ? full : texts;
}

// The texts that are not in `stored`, without repeats: each one is a miss when it comes.
TextList new_texts(const TextList& texts, const TextList& stored) {
  std::set<Tokens> known;
  for (const ProfileText* text : stored) known.insert(text->tokens);
  TextList fresh;
  for (const ProfileText* text : texts)
    if (known.insert(text->tokens).second) fresh.push_back(text);
  return fresh;
}

double hit_share(const PaperRunner& runner) {
  LayerCounters sum;
  for (const LayerCounters& layer : runner.counters()) sum += layer;
  const auto hits = static_cast<double>(sum.exact_hits + sum.similar_hits);
  return hits > 0 ? hits / (hits + static_cast<double>(sum.computed)) : 0;
}

// The experiment with one number format.
class CostExperiment {
 public:
  CostExperiment(PaperGround& ground, DataType type)
      : ground_(ground),
        type_(type),
        stored_(first(longest(ground.stored(), ground.length(), kStored), kStored)),
        texts_(choose_texts()) {}

  Result<Json> run() {
    if (texts_.empty())
      return Status(StatusCode::invalid_argument, "cost needs test texts that are not stored: there are none");
    MEMO_RETURN_IF_ERROR(prepare());
    run_batches();
    return figures();
  }

 private:
  TextList choose_texts() const {
    const std::size_t wanted = std::size_t{ground_.options().rounds} * ground_.options().cost_texts;
    const TextList fresh = new_texts(ground_.test(), stored_);
    return first(longest(fresh, ground_.length(), std::min(wanted, fresh.size() / 2)), wanted);
  }

  Status prepare() {
    MEMO_ASSIGN_OR_RETURN(pool_,
                          MapPool::make(ground_, type_, stored_.size() + ground_.options().batch + texts_.size()));
    MEMO_RETURN_IF_ERROR(pool_->fill(stored_, stored_.size()));
    MEMO_ASSIGN_OR_RETURN(model_, TextModel::plain(ground_.model(), {type_, 1}, ground_.length()));
    plain_ = PaperRunner::plain(*model_, nullptr);
    MEMO_RETURN_IF_ERROR(make(similar_, kAnyDistance, false));
    MEMO_RETURN_IF_ERROR(make(miss_, kHardlyAnyDistance, true));
    return make(by_key_, 0, false);
  }

  Status make(std::unique_ptr<PaperRunner>& runner, float max_distance, bool publish) {
    MEMO_ASSIGN_OR_RETURN(
        runner, PaperRunner::memoized(ground_, *model_, pool_->store(),
                                      {std::vector<float>(ground_.layers(), max_distance), publish}, nullptr));
    return Status::ok();
  }

  // Each text runs plainly, with similar maps of other texts, and as a miss that publishes; kLag batches later it
  // runs as a hit by key.
  void run_batches() {
    const oneapi::tbb::global_control one(oneapi::tbb::global_control::max_allowed_parallelism, 1);
    const std::vector<TextList> batches = batches_of(texts_, ground_.options().batch);
    Progress progress(fmt::format("timing parts, {}", name_of(type_)));
    const Advance advance = ground_.advance(progress);
    for (PaperRunner* runner : {plain_.get(), similar_.get(), miss_.get(), by_key_.get()})
      runner->warm_up(first(ground_.probes(), ground_.options().batch));
    for (std::size_t step = 0; step < batches.size() + kLag; ++step) {
      if (step < batches.size())
        for (PaperRunner* runner : {plain_.get(), similar_.get(), miss_.get()}) runner->run(batches[step]);
      if (step >= kLag) by_key_->run(batches[step - kLag]);
      advance(step + 1, batches.size() + kLag);
    }
  }

  Json figures() const {
    std::size_t tokens = 0;
    for (const ProfileText* text : texts_) tokens += text->tokens.size();
    const double values_s =
        value_projection_seconds(ground_.model().checkpoint, model_->engine().type(), tokens, ground_.length()) /
        static_cast<double>(texts_.size());
    Json runs;
    const auto add = [&](const char* name, const PaperRunner& runner) {
      runs[name] = cost_figures(runner.times(), texts_.size(), values_s, hit_share(runner));
    };
    add("plain", *plain_);
    add("by_key", *by_key_);
    add("similar", *similar_);
    add("miss", *miss_);
    return {{"dtype", name_of(model_->engine().type())},
            {"texts", texts_.size()},
            {"mean_tokens", static_cast<double>(tokens) / static_cast<double>(texts_.size())},
            {"stored_texts", stored_.size()},
            {"runs", std::move(runs)}};
  }

  PaperGround& ground_;
  const DataType type_;
  const TextList stored_;
  const TextList texts_;
  std::unique_ptr<MapPool> pool_;
  std::unique_ptr<TextModel> model_;
  std::unique_ptr<PaperRunner> plain_, similar_, miss_, by_key_;
};

}  // namespace

Status run_cost_experiment(PaperGround& ground, Json& types, Json& notes) {
  types = Json::array();
  for (const std::string& dtype : ground.options().dtypes) {
    const DataType type = data_type_named(dtype).value();
    if (supported_type(type) != type) {
      notes.push_back(fmt::format("cost leaves {} out: this CPU has no products of it", dtype));
      continue;
    }
    MEMO_ASSIGN_OR_RETURN(Json measured, CostExperiment(ground, type).run());
    types.push_back(std::move(measured));
  }
  return Status::ok();
}

}  // namespace memo
