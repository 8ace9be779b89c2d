// What memod and memoctl say about a pool's memory: real programs.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

class MemoryReport : public testing::Test {
 protected:
  void start(const std::vector<std::string>& settings) {
    std::vector<std::string> command = {program("memod"), "--pool",   pool(),    "--size",
                                        "64MiB",          "--listen", endpoint()};
    command.insert(command.end(), settings.begin(), settings.end());
    daemon_ = std::make_unique<ChildProcess>(command, folder_.path().string());
  }
  void start_and_wait(const std::vector<std::string>& settings = {}) {
    start(settings);
    ASSERT_TRUE(eventually(
        [this] { return daemon_->errors().find("ready") != std::string::npos || !daemon_->running(); }));
    ASSERT_TRUE(daemon_->running()) << daemon_->errors();
  }
  Finished memoctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program("memoctl"));
    return memo::test::run(arguments, folder_.path().string());
  }
  nlohmann::json memory(const std::string& command) const {
    const Finished finished = memoctl({command, endpoint(), "--json"});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return nlohmann::json::parse(finished.output).at("memory");
  }
  std::string pool() const { return folder_.file("pool"); }
  std::string endpoint() const { return "unix:" + folder_.file("socket"); }

  TempDir folder_{"/dev/shm"};
  std::unique_ptr<ChildProcess> daemon_;
};

TEST_F(MemoryReport, StatAndInfoSayWhatIsInMemoryAndHow) {
  start_and_wait();
  ASSERT_TRUE(eventually([this] { return daemon_->errors().find("pool in memory") != std::string::npos; }));
  if (daemon_->errors().find("stopped") != std::string::npos) GTEST_SKIP() << daemon_->errors();
  for (const char* command : {"stat", "info"}) {
    ASSERT_TRUE(eventually([&] { return memory(command).at("present_bytes") == 64 << 20; }));
    const auto report = memory(command);
    EXPECT_EQ(report.at("backing"), "tmpfs");
    EXPECT_EQ(report.at("prefaulted_bytes"), 64 << 20);
    EXPECT_EQ(
        report.at("page_table_bytes"),
        (report.at("present_bytes").get<std::uint64_t>() - report.at("huge_bytes").get<std::uint64_t>()) / 512);
    const Finished text = memoctl({command, endpoint()});
    EXPECT_NE(text.output.find("tmpfs; 64.0 MiB mapped in"), std::string::npos) << text.output;
    EXPECT_NE(text.output.find("not power loss"), std::string::npos) << text.output;
  }
}

TEST_F(MemoryReport, WithoutHugePagesNoneAreThere) {
  start_and_wait({"--huge-pages", "off", "--prefault", "off"});
  EXPECT_EQ(memory("stat").at("prefault_bytes"), 0);
  EXPECT_LT(memory("stat").at("present_bytes"), 64 << 20);
  EXPECT_NE(daemon_->errors().find("huge pages off"), std::string::npos) << daemon_->errors();
}

TEST_F(MemoryReport, NumaNodeIsSaidInTheLogAndByStat) {
  start_and_wait({"--numa", "0"});
  EXPECT_NE(daemon_->errors().find("numa node 0"), std::string::npos) << daemon_->errors();
  EXPECT_EQ(memory("stat").at("numa").get<std::string>().substr(0, 6), "node 0");
}

TEST_F(MemoryReport, NumaNodeThatDoesNotExistIsRefusedBeforeAnythingIsMade) {
  start({"--numa", "1000"});
  EXPECT_EQ(daemon_->wait(), 2);
  EXPECT_NE(daemon_->errors().find("1000"), std::string::npos) << daemon_->errors();
  EXPECT_FALSE(std::filesystem::exists(pool()));
}

}  // namespace
}  // namespace memo::test
