// LibTorch seeds its default generator differently in every process: a test that draws from it would now and then meet
// numbers that its tolerance was not made for. Each test begins with one seed instead. Linked into tests that use it.
#include <ATen/Context.h>
#include <gtest/gtest.h>

namespace memo::test {
namespace {

class Seeding : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { at::manual_seed(1); }
};

// GoogleTest owns the listener.
[[maybe_unused]] const bool is_listening = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new Seeding);
  return true;
}();

}  // namespace
}  // namespace memo::test
