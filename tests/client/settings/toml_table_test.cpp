#include "client/settings/toml_table.h"

#include <gtest/gtest.h>

namespace memo {
namespace {

TomlTable table_of(const std::string& text) {
  Result<TomlTable> table = TomlTable::parse(text, "a.toml");
  EXPECT_TRUE(table.is_ok()) << table.status().message();
  return std::move(table).value();
}

TEST(TomlTable, ReadsWhatIsThereAndLeavesTheRest) {
  const TomlTable sut = table_of("name = \"x\"\nflag = true\nshare = 1\ncount = 7\nlist = [1, 2]\n");
  std::string name, other = "as it was";
  bool flag = false;
  double share = 0;
  std::uint32_t count = 0;
  std::vector<std::uint16_t> list;
  EXPECT_TRUE(sut.text("name", name).is_ok());
  EXPECT_TRUE(sut.text("other", other).is_ok());
  EXPECT_TRUE(sut.flag("flag", flag).is_ok());
  EXPECT_TRUE(sut.number("share", 0, 1, share).is_ok());
  EXPECT_TRUE(sut.integer("count", 0, 7, count).is_ok());
  EXPECT_TRUE(sut.integers("list", 1, 2, list).is_ok());
  EXPECT_EQ(name, "x");
  EXPECT_EQ(other, "as it was");
  EXPECT_TRUE(flag);
  EXPECT_EQ(share, 1);
  EXPECT_EQ(count, 7u);
  EXPECT_EQ(list, (std::vector<std::uint16_t>{1, 2}));
}

TEST(TomlTable, RefusesWithFileLineKeyAndValue) {
  const TomlTable sut = table_of("\ncount = 8\nwhen = 2020-01-01\nlist = [1, 9]\nshare = nan\n");
  std::uint32_t count = 5;
  std::string when;
  std::vector<int> list;
  double share = 0;
  EXPECT_EQ(sut.integer("count", 0, 7, count).message(), "a.toml:2: count is 8, must be an integer from 0 to 7");
  EXPECT_EQ(count, 5u);
  EXPECT_EQ(sut.text("when", when).message(), "a.toml:3: when is a date, must be text in quotes");
  EXPECT_EQ(sut.integers("list", 1, 2, list).message(),
            "a.toml:4: list is an array, must be an array of integers from 1 to 2");
  EXPECT_EQ(sut.number("share", 0, 1, share).message(), "a.toml:5: share is nan, must be a number from 0 to 1");
}

TEST(TomlTable, KnowsItsKeysAndNoOthers) {
  const TomlTable sut = table_of("b = 1\na = 2\n");
  EXPECT_TRUE(sut.only({"a", "b", "c"}).is_ok());
  EXPECT_EQ(sut.only({"a"}).message(), "a.toml:1: unknown key \"b\", known are: a");
}

TEST(TomlTable, TablesInItOutliveIt) {
  std::vector<TomlTable> layers;
  {
    const TomlTable whole = table_of("[[layer]]\nindex = 1\n[[layer]]\nindex = 2\n[other]\n");
    layers = whole.tables("layer").value();
    EXPECT_TRUE(whole.table("other").value().has_value());
    EXPECT_FALSE(whole.table("none").value().has_value());
    EXPECT_EQ(whole.tables("other").status().message(),
              "a.toml:5: other is a table, must be an array of tables, [[other]]");
  }
  ASSERT_EQ(layers.size(), 2u);
  int index = 0;
  EXPECT_TRUE(layers[1].integer("index", 0, 9, index).is_ok());
  EXPECT_EQ(index, 2);
}

TEST(TomlTable, RefusesWhatIsNoToml) {
  EXPECT_EQ(TomlTable::parse("a = 1\nb = = 2\n", "a.toml").status().message(), "a.toml:2: not valid TOML");
  EXPECT_FALSE(TomlTable::parse(std::string("\0\xff", 2), "a.toml").is_ok());
}

}  // namespace
}  // namespace memo
