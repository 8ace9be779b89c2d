#include "memo/status.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace memo {
namespace {

const Status kGone(StatusCode::unavailable, "memod is gone");

// Makes a number, and counts how often it was asked for one.
struct Source {
  Result<std::unique_ptr<int>> make(int number) {
    ++asked;
    if (number < 0) return kGone;
    return std::make_unique<int>(number);
  }
  int asked = 0;
};

Result<int> sum(Source& source, int left, int right) {
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, source.make(left));
  MEMO_ASSIGN_OR_RETURN(auto second, source.make(right));
  return *first + *second;
}

struct Holder {
  Status fill(Source& source, int number) {
    MEMO_ASSIGN_OR_RETURN(held, source.make(number));
    return Status::ok();
  }
  std::unique_ptr<int> held;
};

template <typename Key, typename Value>
Result<std::map<Key, Value>> pair_of(Key key, Value value) {
  return std::map<Key, Value>{{key, value}};
}

Result<std::size_t> pairs() {
  MEMO_ASSIGN_OR_RETURN(const auto made, pair_of<int, std::string>(1, "one"));
  return made.size();
}

TEST(AssignOrReturn, DeclaresAVariableWithTheValue) {
  Source source;
  const Result<int> result = sum(source, 3, 4);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 7);
}

TEST(AssignOrReturn, AssignsTheValueToWhatIsThere) {
  Source source;
  Holder holder;
  ASSERT_TRUE(holder.fill(source, 5));
  ASSERT_TRUE(holder.fill(source, 6));
  EXPECT_EQ(*holder.held, 6);
}

TEST(AssignOrReturn, EvaluatesTheExpressionOnce) {
  Source source;
  ASSERT_TRUE(sum(source, 3, 4));
  EXPECT_EQ(source.asked, 2);
}

TEST(AssignOrReturn, LeavesTheFunctionWithTheStatusOfAnError) {
  Source source;
  const Status status = sum(source, -1, 4).status();
  EXPECT_EQ(status.code(), kGone.code());
  EXPECT_EQ(status.message(), kGone.message());
  EXPECT_EQ(source.asked, 1);
}

TEST(AssignOrReturn, LeavesWhatIsThereAloneAfterAnError) {
  Source source;
  Holder holder;
  ASSERT_TRUE(holder.fill(source, 5));
  EXPECT_EQ(holder.fill(source, -1).message(), kGone.message());
  EXPECT_EQ(*holder.held, 5);
}

TEST(AssignOrReturn, TakesAnExpressionWithCommas) {
  const Result<std::size_t> result = pairs();
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 1u);
}

}  // namespace
}  // namespace memo
