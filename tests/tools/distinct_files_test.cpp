#include "tools/common/distinct_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

class DistinctFiles : public testing::Test {
 protected:
  DistinctFiles() {
    std::ofstream(path("in")) << "texts";
    fs::create_directory(path("folder"));
    fs::create_symlink("in", path("link"));
    fs::create_hard_link(path("in"), path("hard"));
    fs::create_directory_symlink("folder", path("other folder"));
    fs::create_symlink("folder/absent", path("dangling"));
  }
  std::string path(const std::string& name) const { return name == "-" ? name : folder_.file(name); }
  std::string two_outputs(const std::string& first, const std::string& second) const {
    return check({NamedPath::output("--output", first), NamedPath::output("--summary", second)});
  }
  std::string in_and_out(const std::string& input, const std::string& output) const {
    return check({NamedPath::input("--input", input), NamedPath::output("--output", output)});
  }
  static std::string check(const std::vector<NamedPath>& files) {
    const Status status = distinct_files(files);
    EXPECT_EQ(status.code(), status ? StatusCode::ok : StatusCode::invalid_argument);
    return status.message();
  }

  const test::TempDir folder_;
};

TEST_F(DistinctFiles, OutputIsNoInputUnderAnyName) {
  for (const char* name : {"in", "link", "hard", "folder/../in"})
    EXPECT_EQ(in_and_out(path("in"), path(name)),
              "--output writes " + path(name) + ", which --input reads; write elsewhere");
  EXPECT_EQ(in_and_out(path("link"), path("hard")),
            "--output writes " + path("hard") + ", which --input reads; write elsewhere");
  EXPECT_EQ(in_and_out(path("in"), path("out")), "");
  EXPECT_EQ(in_and_out(path("in"), ""), "");
}

TEST_F(DistinctFiles, TwoOutputsAreTwoFilesAlsoBeforeTheyAreThere) {
  const auto both = [&](const std::string& name) {
    return "--output and --summary both write " + path(name) + "; give each a file of its own";
  };
  EXPECT_EQ(two_outputs(path("in"), path("link")), both("link"));
  EXPECT_EQ(two_outputs(path("out"), path("out")), both("out"));
  EXPECT_EQ(two_outputs(path("folder/new"), path("other folder/new")), both("other folder/new"));
  EXPECT_EQ(two_outputs(path("dangling"), path("folder/absent")), both("folder/absent"));
  EXPECT_EQ(two_outputs(path("out"), path("folder/out")), "");
  EXPECT_EQ(two_outputs(path("no/such/out"), path("no/such/out")), "");  // cannot be written anyway
}

TEST_F(DistinctFiles, StandardStreamsAreNamedOnce) {
  EXPECT_EQ(two_outputs("-", "-"), "--output and --summary both write stdout; give each a file of its own");
  EXPECT_EQ(check({NamedPath::input("--input", "-"), NamedPath::input("--head", "-")}),
            "--input and --head both read stdin, which can be read once only");
  EXPECT_EQ(in_and_out("-", "-"), "");
  EXPECT_EQ(check({NamedPath::input("--input", path("in")), NamedPath::input("--labels", path("in"))}), "");
}

TEST_F(DistinctFiles, DevicesTakeAnyNumberOfOutputsAndFifosOne) {
  EXPECT_EQ(two_outputs("/dev/null", "/dev/null"), "");
  EXPECT_EQ(in_and_out("/dev/null", "/dev/null"), "");
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_NE(two_outputs(path("fifo"), path("fifo")), "");
  EXPECT_NE(check({NamedPath::input("--input", path("fifo")), NamedPath::input("--head", path("fifo"))}), "");
}

TEST_F(DistinctFiles, FilesOfAModelAreNoOutput) {
  std::ofstream(path("folder/config.json")) << "{}";
  std::ofstream(path("folder/model-00001-of-00002.safetensors")) << "";
  fs::create_directory(path("folder/1_Pooling"));
  const auto refused = [&](const std::string& output) {
    std::vector<NamedPath> files = model_files("--model", path("other folder"));
    files.push_back(NamedPath::output("--output", output));
    return !distinct_files(files);
  };
  for (const char* name :
       {"config.json", "modules.json", "model-00001-of-00002.safetensors", "1_Pooling/config.json"})
    EXPECT_TRUE(refused(path("folder/") + name)) << name;
  EXPECT_FALSE(refused(path("folder/embedder.safetensors")));
  EXPECT_TRUE(model_files("--model", path("none")).empty());
}

TEST_F(DistinctFiles, PoolIsNoOutput) {
  EXPECT_NE(check({pool_file("--memo", "file:" + path("in")), NamedPath::output("--output", path("in"))}), "");
  EXPECT_EQ(check({pool_file("--memo", "none"), NamedPath::output("--output", path("in"))}), "");
}

TEST_F(DistinctFiles, CommandLineThatNamesAFileTwiceIsWrong) {
  CLI::App app;
  std::string output;
  app.add_option("--output", output);
  require_distinct_files(app, [&] {
    return std::vector{NamedPath::input("--input", path("in")), NamedPath::output("--output", output)};
  });
  EXPECT_NO_THROW(app.parse("--output " + path("out")));
  EXPECT_THROW(app.parse("--output " + path("in")), CLI::ValidationError);
}

}  // namespace
}  // namespace memo
