// Headers that somebody else wrote.
#include "embed/safetensors/safetensors_header.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace memo {
namespace {

std::string file_of(const std::string& header, std::size_t data_bytes, std::uint64_t claimed) {
  std::string file(sizeof claimed, '\0');
  std::memcpy(file.data(), &claimed, sizeof claimed);
  return file + header + std::string(data_bytes, '\0');
}

Result<SafetensorsHeader> parse(const std::string& file) {
  return parse_safetensors_header(std::as_bytes(std::span(file)), "x");
}

Result<SafetensorsHeader> parse_header(const std::string& header, std::size_t data_bytes) {
  return parse(file_of(header, data_bytes, header.size()));
}

constexpr const char* kGood =
    R"({"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
    R"("y":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";

struct BadHeader {
  const char* header;
  std::size_t data_bytes;
  StatusCode code;
  const char* message;
};

// What test listings show instead of the bytes.
void PrintTo(const BadHeader& bad, std::ostream* stream) {
  *stream << bad.message;
}

class BadHeaderTest : public testing::TestWithParam<BadHeader> {};

TEST_P(BadHeaderTest, IsRefusedWithItsReason) {
  const auto header = parse_header(GetParam().header, GetParam().data_bytes);
  ASSERT_FALSE(header.is_ok());
  EXPECT_EQ(header.status().code(), GetParam().code);
  EXPECT_NE(header.status().message().find(GetParam().message), std::string::npos) << header.status().message();
}

constexpr StatusCode kCorrupt = StatusCode::corrupt;
INSTANTIATE_TEST_SUITE_P(
    All, BadHeaderTest,
    testing::Values(
        BadHeader{"", 0, kCorrupt, "not valid JSON"}, BadHeader{"{", 0, kCorrupt, "not valid JSON"},
        BadHeader{"[]", 0, kCorrupt, "not a JSON object"}, BadHeader{"[[[[", 0, kCorrupt, "nested deeper"},
        BadHeader{R"({"x":1})", 0, kCorrupt, "lacks dtype"},
        BadHeader{R"({"__metadata__":{"a":1}})", 0, kCorrupt, "is not a string"},
        BadHeader{R"({"x":{"dtype":"F99","shape":[],"data_offsets":[0,4]}})", 4, StatusCode::unsupported, "F99"},
        BadHeader{R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, kCorrupt, "takes 8 bytes"},
        BadHeader{R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, kCorrupt, "shape"},
        BadHeader{R"({"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, kCorrupt, "shape"},
        BadHeader{R"({"x":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0, kCorrupt,
                  "shape"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, kCorrupt,
                  "shape"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1, kCorrupt, "backwards"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}})", 1, kCorrupt,
                  "truncated"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, kCorrupt, "not two sizes"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, kCorrupt, "leave a gap"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                  R"("y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                  3, kCorrupt, "overlap"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                  R"("x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                  1, kCorrupt, "twice"},
        BadHeader{R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2, kCorrupt, "follow the last"}));

TEST(SafetensorsHeader, PlacesTensorsFromTheStartOfTheFile) {
  const auto header = parse_header(kGood, 11);
  ASSERT_TRUE(header.is_ok()) << header.status().message();
  const std::size_t start = 8 + std::strlen(kGood);
  EXPECT_EQ(header->tensors.at("y").begin, start + 8);
  EXPECT_EQ(header->tensors.at("y").end, start + 11);
  EXPECT_EQ(header->tensors.at("x").shape, (std::vector<std::int64_t>{2, 1}));
}

TEST(SafetensorsHeader, ALengthBeyondTheFileOrTheLimitIsRefused) {
  for (const std::uint64_t claimed : {std::uint64_t{200}, kMaxSafetensorsHeader + 1, ~std::uint64_t{0}})
    EXPECT_EQ(parse(file_of("{}", 0, claimed)).status().code(), StatusCode::corrupt) << claimed;
}

// Whatever a flipped byte makes of a header, what is accepted lies inside the file.
TEST(SafetensorsHeader, MutatedHeadersAreRefusedOrStayInsideTheFile) {
  const std::string good = file_of(kGood, 11, std::strlen(kGood));
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string file = good;
    for (int i = 0; i < 1 + round % 3; ++i) file[random() % file.size()] = static_cast<char>(random());
    const auto header = parse(file);
    refused += header.is_ok() ? 0 : 1;
    if (!header) continue;
    for (const auto& [name, entry] : header->tensors) {
      ASSERT_LE(entry.begin, entry.end);
      ASSERT_LE(entry.end, file.size());
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace memo
