#include "model/policy/policy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace memo {
namespace {

class PolicyFile : public testing::Test {
 protected:
  static constexpr char kHead[] = "format = \"memo-policy\"\nversion = 1\nlength = 128\n";

  Result<Policy> load(const std::string& text, std::int64_t layers = 3) {
    std::ofstream(path_) << text;
    return Policy::load(path_, layers);
  }
  // The message must name the file and say `part`, in one line.
  void expect_refused(const std::string& text, const std::string& part) {
    const Result<Policy> policy = load(text);
    ASSERT_FALSE(policy) << text;
    const std::string message = policy.status().message();
    EXPECT_EQ(policy.status().code(), StatusCode::invalid_argument);
    EXPECT_EQ(message.rfind(path_, 0), 0u) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }

  test::TempDir folder_;
  const std::string path_ = folder_.file("policy.toml");
};

TEST_F(PolicyFile, LayersNotNamedFollowTheDefault) {
  const auto policy = load(std::string(kHead) +
                           "[default]\nmode = \"lookup\"\nmax_distance = 0.25\n"
                           "[[layer]]\nindex = 1\nmode = \"compute\"\n");
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->length, 128u);
  EXPECT_EQ(policy->layers[0].mode, HeadMode::lookup);
  EXPECT_EQ(policy->layers[1].mode, HeadMode::compute);
  EXPECT_EQ(policy->layers[2].mode, HeadMode::lookup);
  EXPECT_FLOAT_EQ(policy->layers[2].max_distance, 0.25f);
  EXPECT_TRUE(policy->layers[2].publish);
}

TEST_F(PolicyFile, WithoutADefaultLayersAreComputed) {
  const auto policy = load(kHead);
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->layers[0].mode, HeadMode::compute);
}

TEST_F(PolicyFile, LayerReadsAllItsKeys) {
  const auto policy = load(std::string(kHead) +
                           "codebook = \"maps.safetensors\"\nmodel = \"0123\"\n"
                           "[[layer]]\nindex = 0\nmode = \"fixed\"\nmap = \"layer.0\"\n"
                           "[[layer]]\nindex = 2\nmode = \"lookup\"\nmax_distance = 3\npublish = false\n");
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->model, "0123");
  EXPECT_EQ(policy->codebook, folder_.file("maps.safetensors"));  // beside the policy
  EXPECT_EQ(policy->layers[0].mode, HeadMode::fixed);
  EXPECT_EQ(policy->layers[0].map, "layer.0");
  EXPECT_FALSE(policy->layers[2].publish);
  EXPECT_FLOAT_EQ(policy->layers[2].max_distance, 3);
}

TEST_F(PolicyFile, AFileThatIsNotTheOneItWasWrittenWithIsRefusedByName) {
  Policy written;
  written.length = 16;
  written.layers.resize(3);
  written.codebook = folder_.file("codebook.safetensors");
  written.calibration = folder_.file("calibration.safetensors");
  std::ofstream(written.codebook) << "maps";
  std::ofstream(written.calibration) << "weights";
  ASSERT_TRUE(written.take_digests());
  ASSERT_TRUE(written.save(path_));
  const auto policy = Policy::load(path_, 3);
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->digests, written.digests);
  EXPECT_TRUE(policy->check_digests());
  std::ofstream(written.calibration) << "other weights";
  const Status altered = policy->check_digests();
  EXPECT_EQ(altered.code(), StatusCode::invalid_argument);
  EXPECT_EQ(altered.message().rfind(written.calibration, 0), 0u) << altered.message();
  std::ofstream(written.calibration) << "weights";
  std::filesystem::remove(written.codebook);
  EXPECT_EQ(policy->check_digests().code(), StatusCode::not_found);
}

TEST_F(PolicyFile, WithoutDigestsAnyContentWillDo) {
  const auto policy = load(std::string(kHead) + "codebook = \"maps.safetensors\"\n");
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_TRUE(policy->check_digests());
  expect_refused(std::string(kHead) + "[digests]\nhead = \"0123\"\n", "unknown key \"head\"");
  expect_refused(std::string(kHead) + "[digests]\ncodebook = 3\n", "codebook is 3, must be text in quotes");
  expect_refused(std::string(kHead) + "digests = 3\n", "digests is 3, must be a table");
}

TEST_F(PolicyFile, SavedPolicyReadsBackAsItWas) {
  Policy saved;
  saved.length = 64;
  saved.model = "0123456789abcdef";
  saved.embedder = folder_.file("a \"quoted\" embedder.safetensors");
  saved.codebook = folder_.file("codebook.safetensors");
  saved.encoding = MapEncoding::f16;
  saved.selection = Selection::fixed;
  saved.max_wait_ms = 1.5f;
  saved.layers.resize(3);
  saved.layers[0] = {HeadMode::lookup, 0.07f, false, "layer.0", {1}, {}, {0, 2}};
  saved.layers[1] = {HeadMode::fixed, 0, true, "layer.1", {}, {}, {}};
  ASSERT_TRUE(saved.save(path_));
  const Result<Policy> read = Policy::load(path_, 3);
  ASSERT_TRUE(read) << read.status().message();
  EXPECT_EQ(read->to_toml(path_), saved.to_toml(path_));
  EXPECT_EQ(read->embedder, saved.embedder);
  EXPECT_EQ(read->encoding, MapEncoding::f16);
  EXPECT_EQ(read->selection, Selection::fixed);
  EXPECT_EQ(read->max_wait_ms, 1.5f);
  EXPECT_EQ(read->layers[0].max_distance, 0.07f);
  EXPECT_FALSE(read->layers[0].publish);
  EXPECT_EQ(read->layers[0].fixed_heads, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(read->layers[1].mode, HeadMode::fixed);
  EXPECT_EQ(read->layers[2].mode, HeadMode::compute);
}

TEST_F(PolicyFile, PolicyThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(Policy::defaults(64, 2).save(folder_.file("no/such/folder.toml")).code(), StatusCode::internal);
}

TEST_F(PolicyFile, SelectionIsOnlineUnlessItSaysFixed) {
  EXPECT_EQ(load(kHead)->selection, Selection::online);
  const auto policy = load(std::string(kHead) + "selection = \"fixed\"\nmax_wait_ms = 2.5\n");
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->selection, Selection::fixed);
  EXPECT_FLOAT_EQ(policy->max_wait_ms, 2.5f);
  EXPECT_FLOAT_EQ(load(std::string(kHead) + "deadline_ms = 3.5\n")->max_wait_ms, 3.5f) << "its former name";
}

TEST_F(PolicyFile, KeepsBothKindsUnlessItNamesThem) {
  const std::pair<const char*, ReusedKinds> files[] = {{"", {true, true}},
                                                       {"kinds = [\"output\"]\n", {true, false}},
                                                       {"kinds = [\"map\"]\n", {false, true}},
                                                       {"kinds = [\"map\", \"output\"]\n", {true, true}},
                                                       {"kinds = []\n", {false, false}}};
  for (const auto& [line, kinds] : files) {
    const auto policy = load(std::string(kHead) + line);
    ASSERT_TRUE(policy) << policy.status().message();
    EXPECT_EQ(policy->kinds, kinds) << line;
    ASSERT_TRUE(policy->save(path_));
    EXPECT_EQ(Policy::load(path_, 3)->kinds, kinds) << line;
  }
  for (const char* bad : {"\"output\"", "[\"result\"]", "[\"map\", \"map\"]", "[1]"})
    expect_refused(std::string(kHead) + "kinds = " + bad + "\n",
                   "an array, each of its texts once and one of output, map");
}

TEST(ReusedKinds, AreReadAsTheyAreWritten) {
  for (const ReusedKinds kinds : {ReusedKinds{true, true}, {true, false}, {false, true}, {false, false}})
    EXPECT_EQ(*kinds_named(to_string(kinds)), kinds);
  EXPECT_EQ(kinds_named("outputs").status().message(),
            "kinds are \"outputs\", must be output, map, output,map or none");
}

TEST_F(PolicyFile, MissingFileIsNotFound) {
  EXPECT_EQ(Policy::load(folder_.file("none.toml"), 3).status().code(), StatusCode::not_found);
}

TEST_F(PolicyFile, EachMistakeIsNamed) {
  const std::string head = kHead;
  expect_refused("format = ", "not valid TOML");
  expect_refused("format = \"recipe\"\nversion = 1\nlength = 8\n", "recipe");
  expect_refused("format = \"memo-policy\"\nversion = 2\nlength = 8\n", "version is 2");
  expect_refused("format = \"memo-policy\"\nversion = 1\n", "length is missing");
  expect_refused("format = \"memo-policy\"\nversion = 1\nlength = 1\n", "length is 1");
  expect_refused(head + "selection = \"off\"\n", "selection is \"off\", must be online or fixed");
  expect_refused(head + "max_wait_ms = -1\n", "max_wait_ms is -1");
  expect_refused(head + "speed = 1\n", "unknown key \"speed\"");
  expect_refused(head + "[default]\nmode = \"lokup\"\n", ":5: mode is \"lokup\"");
  expect_refused(head + "[default]\nmax_distance = -1\n", "max_distance is -1");
  expect_refused(head + "[default]\nmax_distance = nan\n", "max_distance is nan");
  expect_refused(head + "[default]\npublish = 1\n", "publish is 1");
  expect_refused(head + "[default]\nmoed = \"lookup\"\n", "moed");
  expect_refused(head + "default = 3\n", "default is 3");
  expect_refused(head + "layer = 3\n", "layer is 3");
  expect_refused(head + "[[layer]]\nmode = \"lookup\"\n", "no index");
  expect_refused(head + "[[layer]]\nindex = 3\n", "index is 3, must be an integer from 0 to 2");
  expect_refused(head + "[[layer]]\nindex = 1\n[[layer]]\nindex = 1\n", "named once");
  expect_refused(head + "[[layer]]\nindex = 1\nmode = \"fixed\"\n", "names no map");
  expect_refused(head + "[[layer]]\nindex = 1\nmode = \"fixed\"\nmap = \"a\"\n", "codebook is missing");
}

TEST(PolicyDefaults, EveryLayerLooksUpAndPublishes) {
  const Policy policy = Policy::defaults(64, 4);
  EXPECT_EQ(policy.length, 64u);
  ASSERT_EQ(policy.layers.size(), 4u);
  for (const LayerPolicy& layer : policy.layers) {
    EXPECT_EQ(layer.mode, HeadMode::lookup);
    EXPECT_GT(layer.max_distance, 0);
    EXPECT_TRUE(layer.publish);
  }
}

TEST_F(PolicyFile, NeighboursAreReadAndKeptWithinTheirLimits) {
  const auto policy = load(std::string(kHead) + "[default]\nmode = \"lookup\"\nneighbours = 4\n" +
                           "[[layer]]\nindex = 1\nneighbours = 1\n[[layer]]\nindex = 2\nneighbours = 16\n");
  ASSERT_TRUE(policy) << policy.status().message();
  EXPECT_EQ(policy->layers[0].neighbours, 4u);
  EXPECT_EQ(policy->layers[1].neighbours, 1u);
  EXPECT_EQ(policy->layers[2].neighbours, 16u);
  for (const char* bad : {"0", "17", "-1", "1.5", "\"4\""})
    expect_refused(std::string(kHead) + "[[layer]]\nindex = 0\nneighbours = " + bad + "\n",
                   std::string("neighbours is ") + bad + ", must be an integer from 1 to 16");
}

}  // namespace
}  // namespace memo
