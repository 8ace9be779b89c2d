// A pool that is truncated while it is used.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/scenarios/scenario.h"
#include "tests/support/eventually.h"

namespace memo::test {
namespace {

class LostPool : public testing::Test {
 protected:
  void truncate_pool() const {
    const auto bytes = std::filesystem::file_size(scenario_.pool());
    ASSERT_EQ(::truncate(scenario_.pool().c_str(), static_cast<off_t>(bytes / 16)), 0);
  }
  static bool ended(ChildProcess& child) {
    return eventually([&] { return !child.running(); });
  }

  Scenario scenario_;
  const std::string texts_ = scenario_.write_texts("texts.jsonl", 40);
};

TEST_F(LostPool, DaemonEndsWithALineAndInferenceGoesOn) {
  scenario_.start_daemon();
  const Inference plain = infer(scenario_, texts_, "none");
  (void)infer(scenario_, texts_, scenario_.endpoint(), scenario_.write_policy("lookup", 0));
  truncate_pool();
  // Whether its lookups or its publishes find out first: the daemon ends, and all texts are answered.
  const std::string more = scenario_.write_texts("more.jsonl", 40, 40);
  const Inference after = infer(scenario_, texts_, scenario_.endpoint(), scenario_.write_policy("lookup", 0));
  EXPECT_GT(least_cosine(plain.embeddings, after.embeddings), 0.999);
  (void)infer(scenario_, more, scenario_.endpoint(), scenario_.write_policy("lookup", 0));
  ASSERT_TRUE(ended(scenario_.daemon()));
  EXPECT_EQ(scenario_.daemon().wait(), 1);
  EXPECT_NE(scenario_.daemon().errors().find("was truncated under way, or its storage failed"), std::string::npos)
      << scenario_.daemon().errors();
}

}  // namespace
}  // namespace memo::test
