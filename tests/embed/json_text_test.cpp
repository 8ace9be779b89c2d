#include "embed/json/json_text.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <thread>

#include "tests/support/temp_dir.h"

namespace memo {
namespace {

class TextFile : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }
  const test::TempDir folder_;
  const std::string path_ = folder_.file("file.json");
};

TEST_F(TextFile, IsReadByteForByte) {
  const std::string text("a\0b\r\n\xFF", 6);
  EXPECT_EQ(*read_text_file(write(text), 6), text);
  EXPECT_EQ(*read_text_file(write(""), 0), "");
}

TEST_F(TextFile, GitLfsPointerIsNamed) {
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";
  const Status status = read_json_file(write(pointer), 1 << 20).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_EQ(status.message(), path_ + ": is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`");
}

TEST_F(TextFile, SizeAndLimitOfATooLargeFileAreNamed) {
  const Status status = read_json_file(write("[1, 2, 3]"), 8).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_EQ(status.message(), path_ + ": has 9 bytes, at most 8 are read");
  EXPECT_TRUE(read_json_file(path_, 9));
}

TEST_F(TextFile, StreamIsReadToItsEndOrTheLimit) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto read_from_writer = [&](std::size_t bytes) {
    std::thread writer([&] { std::ofstream(path_) << std::string(bytes, ' ') << "[]"; });
    const auto json = read_json_file(path_, 1 << 17);
    writer.join();
    return json.status();
  };
  EXPECT_TRUE(read_from_writer(100'000));
  EXPECT_NE(read_from_writer(140'000).message().find("at most 131072 are read"), std::string::npos);
}

TEST_F(TextFile, WhatCannotBeReadIsAnError) {
  EXPECT_EQ(read_text_file(folder_.file("none"), 9).status().code(), StatusCode::not_found);
  EXPECT_EQ(read_text_file(folder_.path().string(), 1 << 20).status().code(), StatusCode::internal);
}

}  // namespace
}  // namespace memo
