#include "embed/json/json_object.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace memo {
namespace {

constexpr std::size_t kDepth = 8;

// "COLUMN: REASON"; empty where the text is an object.
std::string fault_in(std::string_view text) {
  const auto fields = fields_of_object(text, kDepth);
  const auto* fault = std::get_if<JsonFault>(&fields);
  return fault == nullptr ? "" : fmt::format("{}: {}", fault->column, fault->reason);
}

TEST(JsonObject, FieldsAreTheBytesOfTheirValues) {
  const std::string text =
      "\xEF\xBB\xBF { \"a\" : 1e999 ,\"b\":[ 1,{\"c\":2, \"c\":3} ], \"\\u0061\\n\":\"x\\\"}\" }\r";
  const auto fields = std::get<std::vector<JsonField>>(fields_of_object(text, kDepth));
  ASSERT_EQ(fields.size(), 3u);
  const auto value = [&](std::size_t i) { return text.substr(fields[i].begin, fields[i].end - fields[i].begin); };
  EXPECT_EQ(fields[0].key, "a");
  EXPECT_EQ(value(0), "1e999");
  EXPECT_EQ(value(1), "[ 1,{\"c\":2, \"c\":3} ]");
  EXPECT_EQ(without_spaces(value(1)), "[1,{\"c\":2,\"c\":3}]");
  EXPECT_EQ(fields[2].key, "a\n");
  EXPECT_EQ(text_of_json(value(2)), "x\"}");
}

TEST(JsonObject, FaultsAreNamedWithTheirColumn) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"a":1,"b":2,"\u0061":3})", R"(14: has the key "\u0061" twice)"},
      {R"({"a":[[[[[[[[1]]]]]]]]})", "13: is nested deeper than 8 levels"},
      {R"({"a":NaN})", "6: NaN is no JSON value"},
      {R"({"a":-Infinity})", "6: -Infinity is no JSON value"},
      {R"({"a":None})", "6: None is no JSON value"},
      {R"({"a":"bad \ud83d end"})",
       "11: \\ud83d is one half of a surrogate pair without the other half, which is no character"},
      {R"({"a":"\ude00\ud83d"})",
       "7: \\ude00 is one half of a surrogate pair without the other half, which is no character"},
      {R"({"a":"\ud83d\u0041"})",
       "7: \\ud83d is one half of a surrogate pair without the other half, which is no character"},
      {"{\"a\":\"caf\xE9 the\"}",
       "10: byte 0xE9 is not UTF-8; convert the file, e.g. with iconv -f LATIN1 -t UTF-8"},
      {"{\"a\":\"\xED\xA0\x80\"}",
       "7: byte 0xED is not UTF-8; convert the file, e.g. with iconv -f LATIN1 -t UTF-8"},
      {R"([{"a":1}])", "1: is an array, not an object"},
      {R"( "text")", "2: is a string, not an object"},
      {"5", "1: is a number, not an object"},
      {"null", "1: is null, not an object"},
      {R"({"a":"no end)", "6: a string that begins here has no end in this line"},
      {R"({"a":"no end\)", "6: a string that begins here has no end in this line"},
      {"{\"a\":\"x\ty\"}", "8: byte 0x09 stands in a string; it must be escaped"},
      {std::string("{\"a\":\"x\0\"}", 10), "8: byte 0x00 stands in a string; it must be escaped"},
      {R"({"a":"\x"})", "7: a backslash before 'x' is no escape of JSON"},
      {R"({"a":"\u12g4"})", "7: \\u has to be followed by four hexadecimal digits"},
      {R"({"a":01})", "6: a number begins with 0"},
      {R"({"a":1.})", "8: '}' where a digit should be"},
      {R"({"a":-})", "7: '}' where a digit should be"},
      {R"({"a":+1})", "6: '+' where a value should be"},
      {R"({"a":1,})", "8: '}' where a key in double quotes should be"},
      {R"({'a':1})", "2: ''' where a key in double quotes should be"},
      {R"({"a" 1})", "6: '1' where ':' should be"},
      {R"({"a":1 "b":2})", "8: '\"' where ',' or '}' should be"},
      {R"({"a":[1;2]})", "8: ';' where ',' or ']' should be"},
      {R"({"a":1} {"a":2})", "9: '{' where the end of the line should be"},
      {R"({)", "2: the line ends where a key in double quotes should be"},
      {R"({"a":)", "6: the line ends where a value should be"},
      {R"({"a":1)", "7: the line ends where ',' or '}' should be"},
      {"version 1", "1: version is no JSON value"},
      {"\xBB\xBF{}", "1: byte 0xBB where a value should be"},
  };
  for (const auto& [text, fault] : cases) EXPECT_EQ(fault_in(text), fault) << text;
}

// A second opinion on what is JSON at all, on texts that are nearly so.
TEST(JsonObject, AcceptsWhatAnotherReaderAccepts) {
  const std::string good =
      "{\"id\":[-1.5e+3,0,{\"k\":null}],\"t\":\"a\\u00e9\\ud83d\\ude00\xC3\xA9\xE4\xB8\xAD\",\"f\":true}";
  const std::string bytes = "{}[]\",:.\\ue+-019dDaf\t\x01\x80\xC3\xED\xF4 nul";
  std::mt19937 random(7);
  const auto any = [&](std::size_t count) { return random() % count; };
  int accepted = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text = good;
    for (std::size_t changes = 1 + any(2); changes > 0; --changes) {
      const std::size_t at = any(text.size());
      const std::size_t kind = any(3);
      if (kind == 0) text[at] = bytes[any(bytes.size())];
      if (kind == 1) text.insert(at, 1, bytes[any(bytes.size())]);
      if (kind == 2) text.erase(at, 1);
    }
    const std::string fault = fault_in(text);
    if (fault.ends_with("twice") || fault.ends_with("not an object")) continue;
    std::string other;
    try {
      const nlohmann::json read = nlohmann::json::parse(text);
    } catch (const nlohmann::json::out_of_range&) {
      continue;  // a number too large for a double, which is JSON
    } catch (const nlohmann::json::exception& error) {
      other = error.what();
    }
    ASSERT_EQ(fault.empty(), other.empty()) << text << "\n" << fault << "\n" << other;
    accepted += fault.empty() ? 1 : 0;
  }
  EXPECT_GT(accepted, 4000);
}

}  // namespace
}  // namespace memo
