// memoctl draws and writes maps.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

#include "tests/scenarios/memoctl_fixture.h"

namespace memo::test {
namespace {

class MemoctlDump : public Memoctl {
 protected:
  void SetUp() override {
    Memoctl::SetUp();
    memo_ = memos(live()).at(0);
    key_ = memo_.at("key");
    length_ = memo_.at("length");
  }

  nlohmann::json memo_;
  std::string key_;
  std::size_t length_ = 0;
};

std::uint32_t big_endian(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

// The floats behind the header of an .npy file, version 1.0.
std::vector<float> npy_values(const std::string& npy) {
  const std::size_t start = 10 + static_cast<std::uint8_t>(npy.at(8)) + 256 * static_cast<std::uint8_t>(npy.at(9));
  EXPECT_EQ(start % 64, 0u);
  std::vector<float> values((npy.size() - start) / sizeof(float));
  std::memcpy(values.data(), npy.data() + start, values.size() * sizeof(float));
  return values;
}

TEST_F(MemoctlDump, NpyHoldsRowsThatSumToOne) {
  ASSERT_EQ(memoctl({"dump", live(), key_, "--output", path("map.npy")}).exit_code, 0);
  const std::string npy = read_file(path("map.npy"));
  const std::string shape = "(4, " + std::to_string(length_) + ", " + std::to_string(length_) + ")";
  EXPECT_EQ(npy.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_NE(npy.find("'descr': '<f4'"), std::string::npos);
  EXPECT_NE(npy.find(shape), std::string::npos);
  const auto values = npy_values(npy);
  ASSERT_EQ(values.size(), kHeads * length_ * length_);
  for (std::size_t row = 0; row < kHeads * length_; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < length_; ++i) sum += values[row * length_ + i];
    ASSERT_NEAR(sum, 1, 1e-4) << "row " << row;
  }
}

TEST_F(MemoctlDump, StdoutGetsTheSameNpyAsAFile) {
  ASSERT_EQ(memoctl({"dump", live(), key_, "--output", path("map.npy")}).exit_code, 0);
  EXPECT_EQ(memoctl({"dump", live(), key_, "--output", "-"}).output, read_file(path("map.npy")));
}

TEST_F(MemoctlDump, PngIsLargeEnoughToSee) {
  const auto written = json({"dump", live(), key_, "--output", path("map.png")});
  const std::string png = read_file(path("map.png"));
  EXPECT_EQ(written.at("bytes"), png.size());
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_GT(big_endian(png, 16), 2 * length_);  // width
  EXPECT_GT(big_endian(png, 20), 2 * length_);  // height
}

TEST_F(MemoctlDump, ClosedPoolIsDrawnAsItsDaemonDrewIt) {
  const std::string before = memoctl({"dump", live(), key_}).output;
  scenario_.stop_daemon();
  EXPECT_EQ(memoctl({"dump", scenario_.pool(), key_}).output, before);
}

TEST_F(MemoctlDump, DrawingElsewhereThanOnATerminalIsPlainText) {
  const Finished drawn = memoctl({"dump", live(), key_, "--head", "2"});
  EXPECT_EQ(drawn.exit_code, 0) << drawn.errors;
  EXPECT_NE(drawn.output.find("head 2"), std::string::npos);
  EXPECT_EQ(drawn.output.find("head 0"), std::string::npos);
  EXPECT_EQ(drawn.output.find('\033'), std::string::npos);
}

TEST_F(MemoctlDump, JsonHoldsTheValues) {
  const auto dump = json({"dump", live(), key_, "--head", "1"});
  EXPECT_EQ(dump.at("first_head"), 1);
  ASSERT_EQ(dump.at("values").size(), 1u);
  ASSERT_EQ(dump.at("values")[0].size(), length_);
  EXPECT_EQ(dump.at("values")[0][0].size(), length_);
}

TEST_F(MemoctlDump, PayloadIsWrittenAsItIsStored) {
  ASSERT_EQ(memoctl({"dump", live(), key_, "--output", path("map.bin")}).exit_code, 0);
  EXPECT_EQ(read_file(path("map.bin")).size(), memo_.at("payload_bytes"));
}

TEST_F(MemoctlDump, WhatCannotBeDrawnIsRefused) {
  expect_refusal({"dump", live(), key_, "--head", "4"}, 1, "heads 0 to 3");
  expect_refusal({"dump", live(), key_, "--output", path("map.gif")}, 2, ".png");
  expect_refusal({"dump", live(), key_, "--output", path("no folder/map.png")}, 1, "cannot be written");
}

}  // namespace
}  // namespace memo::test
