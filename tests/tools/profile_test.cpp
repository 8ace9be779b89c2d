// memo-profile from a file of texts to a policy that memo-infer reads, on a tiny model.
#include "model/text/loaded_model.h"
#include "tools/memo-profile/profile_job.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "memod/store/local_store.h"
#include "model/text/task_head.h"
#include "model/text_model/text_model.h"
#include "model/tuning/measure/corpus.h"
#include "model/tuning/search/embedder_fit.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_texts.h"
#include "tools/memo-profile/profile_files.h"

namespace memo {
namespace {

class Profile : public testing::Test {
 protected:
  Profile() {
    options_.model = std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert";
    options_.source.path = folder_.file("texts.jsonl");
    options_.output = folder_.file("profile");
    options_.folder = folder_.path();
    options_.pool_size = "64MiB";
    options_.length = 16;
    options_.label_field = "label";
  }

  std::string line(int i, const std::string& label) { return texts_.line(i, label); }
  void write(int texts, const std::string& second = "b") { texts_.write(options_.source.path, texts, second); }
  void read_corpus(int texts) {
    write(texts);
    Result<LoadedModel> model = LoadedModel::load(options_.model);
    ASSERT_TRUE(model);
    model_.emplace(std::move(*model));
    Result<Corpus> corpus = Corpus::read(options_, *model_, 16);
    ASSERT_TRUE(corpus) << corpus.status().message();
    corpus_.emplace(std::move(*corpus));
  }
  // What a TrialGround has beside the corpus.
  void open_engine() {
    auto store = open_local_store({folder_.file("pool"), std::uint64_t{64} << 20, false});
    ASSERT_TRUE(store) << store.status().message();
    store_ = std::move(*store);
    auto plain = TextModel::plain(*model_, {}, 16);
    ASSERT_TRUE(plain);
    plain_ = std::move(*plain);
  }
  std::string refusal() {
    const Result<ProfileResult> result = run_profile_job(options_);
    EXPECT_FALSE(result);
    return result ? "" : result.status().message();
  }

  test::TempDir folder_;
  ProfileOptions options_;
  test::TinyTexts texts_;
  std::optional<LoadedModel> model_;
  std::optional<Corpus> corpus_;
  std::unique_ptr<MemoStore> store_;
  std::unique_ptr<TextModel> plain_;
};

TEST_F(Profile, WritesAPolicyThatRunsAndAHeadThatFits) {
  write(400);
  options_.budget = 100;  // whatever is lost, something is chosen if time is saved
  options_.test_all = true;
  const Result<ProfileResult> result = run_profile_job(options_);
  ASSERT_TRUE(result) << result.status().message();
  EXPECT_EQ(result->setting.training_texts, 200u);
  EXPECT_EQ(result->setting.test_texts, 100u);
  EXPECT_EQ(result->setting.classes, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(result->similarities.empty());
  EXPECT_FALSE(result->candidates.empty());
  for (const Candidate& candidate : result->candidates) {
    ASSERT_TRUE(candidate.test) << candidate.name;
    EXPECT_TRUE(candidate.test->lost) << candidate.name;
    if (candidate.chosen) {
      EXPECT_EQ(candidate.test->cosine, result->test.cosine);
    }
  }
  EXPECT_EQ(result->setting.embedder_texts, 200u);
  for (const HeadSimilarity& head : result->similarities) {
    EXPECT_GT(head.fixed, 0);
    EXPECT_LE(head.fixed, 1 + 1e-6);
    EXPECT_GE(head.nearest, head.random - 0.05);
  }
  const Result<LoadedModel> model = LoadedModel::load(options_.model);
  ASSERT_TRUE(model);
  const Result<Policy> policy = Policy::load(options_.output + "/policy.toml", model->checkpoint.config.layers);
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->model, model->checkpoint.fingerprint.hex());
  EXPECT_EQ(policy->length, 16u);
  EXPECT_EQ(result->pays, policy->layers[0].has_fixed_heads() || policy->layers[1].has_fixed_heads());
  if (!result->pays) return;
  EXPECT_TRUE(
      TaskHead::load(options_.output + "/head.json", static_cast<std::size_t>(model->checkpoint.config.hidden)));
}

TEST_F(Profile, OnlyAPolicyThatLooksUpNamesTheTrainedEmbedder) {
  options_.output = folder_.path();
  ASSERT_NO_FATAL_FAILURE(read_corpus(400));
  const std::string embedder = folder_.file("trained.safetensors");
  ASSERT_TRUE(fit_embedder(*model_, fitting_texts(*corpus_, 0), {16, 1, 1, folder_.path()}, embedder,
                           [](std::size_t, std::size_t) {}));
  ASSERT_NO_FATAL_FAILURE(open_engine());
  const TrialGround ground{options_, *corpus_, "", embedder, folder_.path(), *store_, *plain_, 0, {}, {}, {}, 0};
  Trial trial;
  trial.candidate.layers.resize(model_->checkpoint.layers.size());
  const auto written = [&] {
    EXPECT_TRUE(write_profile_files(ground, &trial));
    return Policy::load(folder_.file("policy.toml"), model_->checkpoint.config.layers).value();
  };
  EXPECT_EQ(written().embedder, "");
  EXPECT_FALSE(std::filesystem::exists(folder_.file("embedder.safetensors")));
  trial.candidate.layers[1].mode = HeadMode::lookup;
  EXPECT_EQ(written().embedder, folder_.file("embedder.safetensors"));
  const Result<EmbedderSet> read = EmbedderSet::load(folder_.file("embedder.safetensors"));
  ASSERT_TRUE(read) << read.status().message();
  EXPECT_EQ(read->shape().length_bucket, 16u);
  EXPECT_TRUE(TextModel::memoized(*model_, folder_.file("policy.toml"), {}, *store_));
}

TEST_F(Profile, WithoutLabelsTheSearchBeginsWhereTheBudgetIsLikelyToEnd) {
  write(200);
  options_.label_field = "";
  const auto tried = [&](double fidelity) {
    options_.fidelity = fidelity;
    const Result<ProfileResult> result = run_profile_job(options_);
    EXPECT_TRUE(result) << result.status().message();
    std::vector<std::string> names;
    for (const Candidate& candidate : result->candidates) {
      EXPECT_FALSE(candidate.lost);
      EXPECT_EQ(candidate.in_budget, candidate.cosine >= fidelity) << candidate.name;
      names.push_back(candidate.name);
    }
    return names;
  };
  const auto of_whole_layers = [](const std::vector<std::string>& names) {
    return std::ranges::count_if(names, [](const std::string& name) { return name.starts_with("layers "); });
  };
  const std::vector<std::string> wide = tried(0), narrow = tried(0.999999);
  EXPECT_EQ(of_whole_layers(wide), 1);
  EXPECT_EQ(std::ranges::count(wide, "layers 0 1 2"), 1);
  // One layer is beyond it already; heads and lookups follow.
  EXPECT_EQ(of_whole_layers(narrow), 1);
  EXPECT_EQ(std::ranges::count(narrow, "layers 0 1 2"), 0);
}

TEST_F(Profile, HeadTextsAreJudgedByHeadsThatWereFittedWithoutThem) {
  ASSERT_NO_FATAL_FAILURE(read_corpus(400));
  const TextList texts = head_texts(*corpus_);
  ASSERT_EQ(texts.size(), 200u);
  // Of more dimensions than texts, so that a head knows by heart what it was fitted to and nothing else.
  at::manual_seed(7);
  ModelOutputs head, validation;
  head.embeddings = at::randn({200, 250});
  validation.embeddings = at::randn({100, 250});
  const Result<Judge> judge = Judge::fit(model_->checkpoint.config, corpus_->classes(), texts, head, 1);
  ASSERT_TRUE(judge) << judge.status().message();
  EXPECT_EQ(per_cent(judge->right(texts, head)), 100);
  const Answers answers = answers_of(*corpus_, *judge, validation, head);
  EXPECT_EQ(answers.validation, judge->right(corpus_->validation(), validation));
  EXPECT_NEAR(per_cent(answers.head), 50, 15);
}

TEST_F(Profile, LossIsCountedOnHeadTextsThatNothingElseHasSeen) {
  options_.fitting_texts = 60;
  ASSERT_NO_FATAL_FAILURE(read_corpus(400));
  ASSERT_NO_FATAL_FAILURE(open_engine());
  const std::vector<bool> validation(100, true), head(200, true);
  const TrialGround ground{options_, *corpus_, "", "", folder_.path(),     *store_,
                           *plain_,  150,      {}, {}, {validation, head}, 0};
  const auto lost = [&](const std::vector<LayerPolicy>& layers, std::size_t wrong) {
    Answers answers{validation, head};
    answers.head[wrong] = false;
    return counted_loss(ground, layers, answers).mean;
  };
  std::vector<LayerPolicy> layers(2);
  EXPECT_EQ(seen_head_texts(ground, layers), 60u);
  EXPECT_EQ(lost(layers, 59), 0);
  EXPECT_NEAR(lost(layers, 60), 100.0 / 240, 1e-9);
  layers[1].mode = HeadMode::lookup;
  EXPECT_EQ(seen_head_texts(ground, layers), 150u);
  EXPECT_EQ(lost(layers, 149), 0);
  EXPECT_NEAR(lost(layers, 150), 100.0 / 150, 1e-9);
}

TEST_F(Profile, HeadsAreFittedToTheLastTextsAndAveragesToTheFirst) {
  options_.fitting_texts = 30;
  ASSERT_NO_FATAL_FAILURE(read_corpus(400));
  EXPECT_EQ(fitting_texts(*corpus_, 30).front(), corpus_->training().front());
  EXPECT_EQ(head_texts(*corpus_).back(), corpus_->training().back());
  EXPECT_EQ(last(corpus_->training(), 3), TextList(corpus_->training().end() - 3, corpus_->training().end()));
  EXPECT_EQ(last(corpus_->training(), 5000), corpus_->training());
}

TEST_F(Profile, SplitFollowsTheSeedAndPartsDoNotOverlap) {
  write(200);
  const Result<LoadedModel> model = LoadedModel::load(options_.model);
  ASSERT_TRUE(model);
  const auto read = [&](std::uint64_t seed) {
    options_.seed = seed;
    Result<Corpus> corpus = Corpus::read(options_, *model, 16);
    EXPECT_TRUE(corpus) << corpus.status().message();
    return std::move(*corpus);
  };
  const Corpus one = read(1), again = read(1), other = read(2);
  std::set<const ProfileText*> seen;
  for (const TextList* part : {&one.training(), &one.validation(), &one.test()})
    for (const ProfileText* text : *part) EXPECT_TRUE(seen.insert(text).second);
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(one.test().front()->text, again.test().front()->text);
  EXPECT_NE(one.test().front()->text, other.test().front()->text);
}

TEST_F(Profile, TooFewTextsAreRefused) {
  write(40);
  EXPECT_NE(refusal().find("has 40 texts, at least 80 are needed"), std::string::npos);
}

TEST_F(Profile, OneClassOnlyIsRefused) {
  write(200, "a");
  EXPECT_NE(refusal().find("every \"label\" is \"a\""), std::string::npos);
}

TEST_F(Profile, RareClassIsRefused) {
  write(200);
  std::ofstream(options_.source.path, std::ios::app) << line(200, "c");
  EXPECT_NE(refusal().find("\"c\" is too rare"), std::string::npos);
}

TEST_F(Profile, TextWithoutALabelIsNamed) {
  write(100);
  std::ofstream(options_.source.path, std::ios::app) << "{\"text\": \"x\"}\n";
  EXPECT_NE(refusal().find("texts.jsonl:101:1: has no "), std::string::npos);
}

TEST_F(Profile, TextsFarShorterThanTheLengthAreRefused) {
  write(200);
  options_.length = 64;
  EXPECT_NE(refusal().find("pass --length"), std::string::npos);
}

TEST_F(Profile, PoolWithoutRoomForATextIsRefused) {
  write(100);
  options_.pool_size = "1KiB";
  EXPECT_FALSE(refusal().empty());
}

TEST_F(Profile, PolicyOfAnotherModelIsRefusedWithBothFingerprints) {
  const Result<LoadedModel> model = LoadedModel::load(options_.model);
  ASSERT_TRUE(model);
  Policy policy = Policy::defaults(16, model->checkpoint.config.layers);
  policy.model = std::string(32, '0');
  ASSERT_TRUE(policy.save(folder_.file("other.toml")));
  StoreOptions pool;
  pool.path = folder_.file("pool");
  pool.create_bytes = std::uint64_t{64} << 20;
  const auto store = open_local_store(pool);
  ASSERT_TRUE(store) << store.status().message();
  const auto loaded = TextModel::memoized(*model, folder_.file("other.toml"), {}, **store);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.status().message().find(model->checkpoint.fingerprint.hex()), std::string::npos);
  EXPECT_NE(loaded.status().message().find(policy.model), std::string::npos);
}

}  // namespace
}  // namespace memo
