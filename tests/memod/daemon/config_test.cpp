// Settings: their forms, the file, and what is wrong with them.
#include "memod/daemon/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "client/settings/setting_values.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

using namespace std::chrono_literals;

TEST(SettingValues, SizesTakeBinaryUnits) {
  EXPECT_EQ(parse_size("64KiB").value(), 64u << 10);
  EXPECT_EQ(parse_size("4GiB").value(), 4ull << 30);
  EXPECT_EQ(parse_size("123").value(), 123u);
  for (const char* text : {"", "4GB", "GiB", "-1MiB", "1.5GiB", "99999999999TiB", "4GiB "})
    EXPECT_EQ(parse_size(text).status().code(), StatusCode::invalid_argument) << text;
}

TEST(SettingValues, DurationsAreSecondsWithoutAUnit) {
  EXPECT_EQ(parse_duration("30").value(), 30s);
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  for (const char* text : {"", "s", "-1s", "1d", "10 s"})
    EXPECT_EQ(parse_duration(text).status().code(), StatusCode::invalid_argument) << text;
}

TEST(SettingValues, SharesAreFractionsOrPercent) {
  EXPECT_DOUBLE_EQ(parse_share("0.95").value(), 0.95);
  EXPECT_DOUBLE_EQ(parse_share("95%").value(), 0.95);
  for (const char* text : {"", "95", "-1%", "nan", "0.5x"})
    EXPECT_EQ(parse_share(text).status().code(), StatusCode::invalid_argument) << text;
}

TEST(SettingValues, SwitchesAreOnOrOff) {
  EXPECT_TRUE(parse_switch("on").value());
  EXPECT_FALSE(parse_switch("false").value());
  EXPECT_EQ(parse_switch("maybe").status().code(), StatusCode::invalid_argument);
}

TEST(Config, EverySettingReachesTheStore) {
  const Config config = make_config({{"pool", "/p"},
                                     {"size", "1GiB"},
                                     {"listen", "unix:/s"},
                                     {"sync", "10s"},
                                     {"snapshot", "1min"},
                                     {"evict", "off"},
                                     {"high-watermark", "90%"},
                                     {"low-watermark", "80%"},
                                     {"half-life", "2h"},
                                     {"lease-limit", "5s"},
                                     {"cores", "1-2"},
                                     {"restart-grace", "0"},
                                     {"prefault", "off"},
                                     {"huge-pages", "off"},
                                     {"numa", "1"}})
                            .value();
  const StoreOptions options = config.store_options(std::vector<int>{0, 1});
  EXPECT_EQ(options.path, "/p");
  EXPECT_EQ(options.create_bytes, 1ull << 30);
  EXPECT_EQ(options.sync_interval, 10s);
  EXPECT_EQ(options.snapshot_interval, 1min);
  EXPECT_FALSE(options.eviction.enabled);
  EXPECT_DOUBLE_EQ(options.eviction.high_watermark, 0.9);
  EXPECT_DOUBLE_EQ(options.eviction.low_watermark, 0.8);
  EXPECT_EQ(options.eviction.half_life, 2h);
  EXPECT_EQ(options.lease_limit, 5s);
  EXPECT_EQ(options.restart_grace, 0s);
  EXPECT_EQ(config.cores, (std::vector<unsigned>{1, 2}));
  EXPECT_FALSE(options.memory.prefault);
  EXPECT_FALSE(options.memory.huge_pages);
  EXPECT_EQ(options.memory.numa.kind, NumaPolicy::Kind::node);
  EXPECT_EQ(options.memory.numa.node, 1);
  EXPECT_EQ(options.memory.numa_nodes, (std::vector<int>{0, 1}));
}

TEST(Config, WhatIsWrongIsNamed) {
  const ConfigValues good = {{"pool", "/p"}, {"listen", "unix:/s"}};
  const auto message_with = [&good](const std::string& name, const std::string& value) {
    ConfigValues values = good;
    values[name] = value;
    return make_config(values).status().message();
  };
  EXPECT_TRUE(make_config(good).is_ok());
  EXPECT_NE(message_with("pool", "").find("--pool"), std::string::npos);
  EXPECT_NE(message_with("listen", "tcp:1").find("--listen"), std::string::npos);
  EXPECT_NE(message_with("size", "big").find("size"), std::string::npos);
  EXPECT_NE(message_with("low-watermark", "99%").find("low watermark"), std::string::npos);
  EXPECT_NE(message_with("half-life", "3s").find("half-life"), std::string::npos);
  EXPECT_NE(message_with("cores", "3-1").find("cores"), std::string::npos);
  EXPECT_NE(message_with("numa", "fast").find("numa"), std::string::npos);
  EXPECT_NE(message_with("huge-pages", "2MiB").find("huge-pages"), std::string::npos);
  EXPECT_NE(message_with("colour", "red").find("colour"), std::string::npos);
}

class ConfigFile : public testing::Test {
 protected:
  Result<ConfigValues> read(const std::string& text) {
    std::ofstream(folder_.file("memod.toml")) << text;
    return read_config_file(folder_.file("memod.toml"));
  }
  TempDir folder_;
};

TEST_F(ConfigFile, TextNumbersAndSwitchesAreRead) {
  const ConfigValues values = read("pool = \"/p\"\nsync = 10\nevict = false\nlow-watermark = 0.5\n").value();
  EXPECT_EQ(values.at("pool"), "/p");
  EXPECT_EQ(values.at("sync"), "10");
  EXPECT_EQ(values.at("evict"), "off");
  EXPECT_EQ(values.at("low-watermark"), "0.5");
}

TEST_F(ConfigFile, WhatCannotBeReadIsNamed) {
  EXPECT_NE(read("colour = 1\n").status().message().find("colour"), std::string::npos);
  EXPECT_NE(read("pool = [1]\n").status().message().find("pool"), std::string::npos);
  EXPECT_NE(read("pool = \n").status().message().find("memod.toml"), std::string::npos);
  EXPECT_NE(read_config_file("/no/such").status().message().find("/no/such"), std::string::npos);
}

}  // namespace
}  // namespace memo::test
