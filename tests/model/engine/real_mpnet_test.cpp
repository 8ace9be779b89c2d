// all-mpnet-base-v2, which is too large for the tree, against transformers (tests/golden/make_mpnet.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"
#include "tests/model/golden.h"

namespace memo {
namespace {

class RealMpnet : public testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("MEMO_MPNET_DIR");
    if (folder == nullptr) GTEST_SKIP() << "MEMO_MPNET_DIR does not name the model (tools/fetch --model mpnet)";
    auto checkpoint = Checkpoint::load(folder);
    ASSERT_TRUE(checkpoint.is_ok()) << checkpoint.status().message();
    checkpoint_ = std::move(*checkpoint);
    golden_ = test::golden("mpnet-embeddings.json");
    for (const auto& entry : golden_) ids_.push_back(test::ids_of(entry));
  }

  Checkpoint checkpoint_;
  nlohmann::json golden_;
  std::vector<std::vector<std::int32_t>> ids_;
};

TEST_P(RealMpnet, MeansOfStatesOfMailsEqualTheReference) {
  const auto sut = *Engine::make(checkpoint_, {DataType::f32, GetParam()});
  const std::vector<TokenSequence> batch(ids_.begin(), ids_.end());
  sut->forward(batch, nullptr);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const at::Tensor mean = to_torch(sut->states(i)).mean(0);
    const auto expected = golden_[i]["embedding"].get<std::vector<float>>();
    const at::Tensor difference = mean / mean.norm() - at::tensor(expected);
    EXPECT_LE(difference.abs().max().item<float>(), 1e-5) << "mail " << i << ", " << batch[i].size() << " tokens";
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, RealMpnet, testing::Values(1, 2));

}  // namespace
}  // namespace memo
