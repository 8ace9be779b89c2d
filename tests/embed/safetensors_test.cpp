#include "embed/safetensors/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

class SafetensorsTest : public testing::Test {
 protected:
  SafetensorsFile written(const std::map<std::string, at::Tensor>& tensors,
                          const std::map<std::string, std::string>& metadata = {}) {
    EXPECT_TRUE(write_safetensors(path_, tensors, metadata).is_ok());
    auto file = SafetensorsFile::open(path_);
    EXPECT_TRUE(file.is_ok()) << file.status().message();
    return std::move(file).value();
  }

  test::TempDir folder_;
  std::string path_ = folder_.file("x.safetensors");
};

TEST_F(SafetensorsTest, WhatWasWrittenIsReadBack) {
  const at::Tensor matrix = at::randn({3, 5});
  const at::Tensor bytes = at::arange(7, at::kByte);
  const SafetensorsFile sut = written({{"matrix", matrix}, {"bytes", bytes}}, {{"format", "memo"}});
  EXPECT_EQ(sut.names(), (std::vector<std::string>{"bytes", "matrix"}));
  EXPECT_EQ(sut.metadata().at("format"), "memo");
  EXPECT_TRUE(at::equal(to_torch(sut.tensor("matrix", {3, -1}).value()), matrix));
  EXPECT_TRUE(at::equal(to_torch(sut.byte_tensor("bytes", {7}).value()), bytes));
}

TEST_F(SafetensorsTest, HalfPrecisionIsReadAsFloat) {
  const at::Tensor values = at::randn({100});
  const SafetensorsFile sut = written({{"f16", values.to(at::kHalf)}, {"bf16", values.to(at::kBFloat16)}});
  EXPECT_TRUE(at::equal(to_torch(sut.tensor("f16", {100}).value()), values.to(at::kHalf).to(at::kFloat)));
  EXPECT_TRUE(at::equal(to_torch(sut.tensor("bf16", {100}).value()), values.to(at::kBFloat16).to(at::kFloat)));
}

TEST_F(SafetensorsTest, AStridedTensorIsWrittenInItsOwnOrder) {
  const at::Tensor transposed = at::arange(6, at::kFloat).view({2, 3}).t();
  EXPECT_TRUE(at::equal(to_torch(written({{"t", transposed}}).tensor("t", {3, 2}).value()), transposed));
}

TEST_F(SafetensorsTest, ATensorKeepsItsValuesAfterTheFileIsClosed) {
  at::Tensor tensor;
  {
    const SafetensorsFile sut = written({{"t", at::full({4}, 2.5F)}});
    tensor = to_torch(sut.tensor("t", {4}).value());
  }
  EXPECT_EQ(tensor.sum().item<float>(), 10);
}

TEST_F(SafetensorsTest, NotANumberAndInfinityAreRefusedByName) {
  at::Tensor nan = at::zeros({9});
  nan[4] = std::numeric_limits<float>::quiet_NaN();
  const SafetensorsFile sut =
      written({{"nan", nan}, {"inf", at::full({2}, std::numeric_limits<float>::infinity()).to(at::kHalf)}});
  EXPECT_EQ(sut.tensor("nan", {9}).status().code(), StatusCode::corrupt);
  EXPECT_NE(sut.tensor("nan", {9}).status().message().find("\"nan\" holds nan at element 4"), std::string::npos);
  EXPECT_EQ(sut.tensor("inf", {2}).status().code(), StatusCode::corrupt);
}

TEST_F(SafetensorsTest, AMissingTensorAnotherShapeAndAnotherDtypeAreToldApart) {
  const SafetensorsFile sut = written({{"f", at::zeros({2, 3})}, {"b", at::zeros({2}, at::kByte)}});
  EXPECT_EQ(sut.tensor("g", {2, 3}).status().code(), StatusCode::not_found);
  EXPECT_EQ(sut.tensor("f", {3, 2}).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(sut.tensor("f", {2}).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(sut.tensor("b", {2}).status().code(), StatusCode::unsupported);
  EXPECT_EQ(sut.byte_tensor("f", {2, 3}).status().code(), StatusCode::unsupported);
}

TEST_F(SafetensorsTest, ANameThatCannotBeWrittenLeavesTheOldFile) {
  ASSERT_TRUE(write_safetensors(path_, {{"t", at::ones({1})}}, {}).is_ok());
  EXPECT_EQ(write_safetensors(path_, {{"__metadata__", at::ones({1})}}, {}).code(), StatusCode::invalid_argument);
  EXPECT_TRUE(SafetensorsFile::open(path_)->tensor("t", {1}).is_ok());
}

TEST_F(SafetensorsTest, WritingLeavesNoTemporaryFile) {
  ASSERT_TRUE(write_safetensors(path_, {{"t", at::ones({1})}}, {}).is_ok());
  EXPECT_FALSE(write_safetensors(folder_.file("none/x"), {{"t", at::ones({1})}}, {}).is_ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(SafetensorsTest, AMissingFileAndAFolderAreNamed) {
  EXPECT_EQ(SafetensorsFile::open(folder_.file("none")).status().code(), StatusCode::not_found);
  EXPECT_EQ(SafetensorsFile::open(folder_.path()).status().code(), StatusCode::unsupported);
}

TEST_F(SafetensorsTest, EveryTruncationIsRefused) {
  ASSERT_TRUE(write_safetensors(path_, {{"a", at::ones({2})}, {"b", at::ones({3})}}, {}).is_ok());
  const auto whole = std::filesystem::file_size(path_);
  for (auto size = whole; size-- > 0;) {
    std::filesystem::resize_file(path_, size);
    EXPECT_EQ(SafetensorsFile::open(path_).status().code(), StatusCode::corrupt) << size << " bytes";
  }
}

}  // namespace
}  // namespace memo
