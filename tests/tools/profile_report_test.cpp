// What the profile's report is made of.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <regex>

#include "embed/json/json_lines.h"
#include "embed/json/utf8.h"
#include "model/tokenizer/normalizing/charsmap.h"
#include "tests/support/profile_samples.h"
#include "tests/support/temp_dir.h"
#include "tools/common/axis.h"
#include "tools/common/base64.h"
#include "tools/common/markup.h"
#include "tools/memo-profile/report/charts/map_image.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/charts/xy_chart.h"
#include "tools/memo-profile/report/report.h"
#include "tools/memo-profile/report/sections/text_difference.h"

namespace memo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// The part of a page from a section's id to the end of the section.
std::string section(const std::string& page, const std::string& id) {
  const std::size_t begin = page.find("id='" + id + "'");
  return begin == std::string::npos ? "" : page.substr(begin, page.find("</section>", begin) - begin);
}

std::string page_of(const ProfileResult& profile) {
  const Result<std::string> page = report_page(profile);
  EXPECT_TRUE(page) << page.status().message();
  return page ? *page : "";
}

TEST(Escaped, ShowsMarkupAsItIs) {
  EXPECT_EQ(escaped("<a href=\"x\" b='y'>&amp;"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
}

TEST(Escaped, IsUtf8WithoutControlCharactersWhateverItGets) {
  EXPECT_EQ(escaped("a\xff\xc3("), "a\uFFFD\uFFFD(");
  EXPECT_EQ(escaped(std::string("\0\x1b\x7f", 3)), "\u2400\u241B\u2421");
  EXPECT_EQ(escaped("one\r\n\ttwo"), "one \n\ttwo");
  EXPECT_EQ(escaped("\u0085\uFFFF\uFDD0"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escaped("größer 日本"), "größer 日本");
}

TEST(Base64, IsThatOfTheStandard) {
  const std::pair<std::string, std::string> kPairs[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : kPairs) EXPECT_EQ(encode_base64(bytes), text);
}

TEST(Numbers, AreWrittenForReaders) {
  EXPECT_EQ(percent(0.2134), "21.3\u00A0%");
  EXPECT_EQ(points(-0.304), "−0.30");
  EXPECT_EQ(points(-0.001), "0.00");
  EXPECT_EQ(similarity_text(kNan), "–");
  EXPECT_EQ(duration(0.5), "0.50\u00A0µs");
  EXPECT_EQ(duration(999.7), "1.00\u00A0ms");
  EXPECT_EQ(duration(12840), "12.8\u00A0ms");
  EXPECT_EQ(duration(-61), "−61.0\u00A0µs");
  EXPECT_EQ(percent_range({0.2, 0.191, 0.224}), "19.1 to 22.4\u00A0%");
  EXPECT_EQ(counted(1, "text") + ", " + counted(2, "text"), "1 text, 2 texts");
}

TEST(CompareTexts, MarksTheWordsThatDiffer) {
  const TextDifference difference =
      compare_texts("Dear Ann, the\nshop is open", "Dear Bob, the shop is  closed now");
  EXPECT_EQ(difference.left,
            (std::vector<TextRun>{{"Dear ", true}, {"Ann, ", false}, {"the\nshop is ", true}, {"open", false}}));
  EXPECT_EQ(
      difference.right,
      (std::vector<TextRun>{{"Dear ", true}, {"Bob, ", false}, {"the shop is  ", true}, {"closed now", false}}));
}

TEST(CompareTexts, RunsMakeUpTheTexts) {
  const auto joined = [](const std::vector<TextRun>& runs) {
    std::string text;
    for (const TextRun& run : runs) text += run.text;
    return text;
  };
  for (const std::string left : {"", " ", "\n a b", "a b c d ", "one"})
    for (const std::string right : {"", "b", " a\tc", "x y z", "one two"}) {
      const TextDifference difference = compare_texts(left, right);
      EXPECT_EQ(joined(difference.left), left);
      EXPECT_EQ(joined(difference.right), right);
    }
}

TEST(Beginning, CutsBetweenCodePoints) {
  EXPECT_EQ(beginning_of("größer", 4), "größ…");
  EXPECT_EQ(beginning_of("größ", 4), "größ");
  EXPECT_EQ(beginning_of("\xffz", 1), "\uFFFD…");
}

TEST(LinearAxis, TicksAreInsideAndToldApart) {
  for (const auto& [least, most] :
       {std::pair(0.0, 1.0), {0.95, 0.951}, {-3.2, 40.0}, {5.0, 5.0}, {0.0, 0.0}, {-2e6, 3e9}}) {
    const LinearAxis sut(least, most, {10, 110});
    const std::vector<double> ticks = sut.ticks();
    ASSERT_GE(ticks.size(), 2u) << least << " to " << most;
    EXPECT_LE(ticks.size(), 12u);
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      EXPECT_GE(sut.at(ticks[i]), 10 - 1e-6);
      EXPECT_LE(sut.at(ticks[i]), 110 + 1e-6);
      if (i == 0) continue;
      EXPECT_NE(sut.label(ticks[i]), sut.label(ticks[i - 1])) << least << " to " << most;
    }
    EXPECT_LE(sut.at(least), sut.at(most));
  }
}

TEST(XyChart, DrawsEveryPointThatIsANumber) {
  XyChart sut{
      .x_label = "x",
      .y_label = "y",
      .series = {{.color = "red",
                  .line = true,
                  .title = "a line",
                  .points = {{0, 1, std::pair(0.5, 1.5), "first"}, {1, 2, {}, "second"}, {2, kNan, {}, "none"}}}},
      .limit = XyLimit{3, "limit", true},
      .least_y = {},
      .most_y = {}};
  const std::string svg = sut.svg();
  EXPECT_EQ(count(svg, "<circle"), 2u);
  for (const char* title : {"a line", "first", "second", "limit"}) EXPECT_EQ(count(svg, title), 1u) << title;
  EXPECT_EQ(count(svg, "none<"), 0u);
  EXPECT_EQ(count(svg, "nan"), 0u);
}

TEST(XyChart, PointsOutsideAreArrowheads) {
  XyChart sut{.x_label = "x",
              .y_label = "y",
              .series = {{.color = "red", .title = {}, .points = {{0, 1, {}, "in"}, {1, 50, {}, "out"}}}},
              .limit = {},
              .least_y = {},
              .most_y = 2.0};
  const std::string svg = sut.svg();
  EXPECT_EQ(count(svg, "<circle"), 1u);
  EXPECT_EQ(count(svg, "<title>out</title></polyline>"), 1u);
}

TEST(XyChart, OfNothingIsNothing) {
  EXPECT_EQ(
      (XyChart{.x_label = "x", .y_label = "y", .series = {}, .limit = {}, .least_y = {}, .most_y = {}}.svg()), "");
}

TEST(MapImage, IsAPngWhateverTheNumbers) {
  const std::string kHead = "data:image/png;base64,";
  for (const std::uint32_t size : {1u, 5u, 96u, 200u}) {
    MapPicture picture{size, std::vector<float>(std::size_t{size} * size, 0.3f)};
    picture.values[0] = std::numeric_limits<float>::infinity();
    picture.values.back() = std::numeric_limits<float>::quiet_NaN();
    const Result<std::string> uri = data_uri(picture);
    ASSERT_TRUE(uri) << uri.status().message();
    ASSERT_EQ(uri->substr(0, kHead.size()), kHead);
    const Result<std::string> png = decode_base64(uri->substr(kHead.size()));
    ASSERT_TRUE(png);
    EXPECT_EQ(png->substr(1, 3), "PNG");
  }
}

TEST(Report, OpensWithVerdictNumbersAndCommand) {
  const ProfileResult profile = test::full_profile();
  const std::string page = page_of(profile);
  const std::string opening = page.substr(page.find("<header"), page.find("</header>") - page.find("<header"));
  for (const std::string& said : {escaped(profile.verdict), percent(profile.test.saved.mean),
                                  percent_range(profile.test.saved), points(profile.test.lost->mean) + " points",
                                  points_range(*profile.test.lost), std::string("--policy profile/policy.toml")})
    EXPECT_NE(opening.find(said), std::string::npos) << said;
}

TEST(Report, WithoutLabelsOpensWithCosine) {
  const ProfileResult profile = test::full_profile({.labels = false});
  const std::string page = page_of(profile);
  EXPECT_NE(page.find("Cosine to the plain embedding"), std::string::npos);
  EXPECT_EQ(page.find("Accuracy lost"), std::string::npos);
}

TEST(Report, DrawsEveryMeasurement) {
  const ProfileResult profile = test::full_profile();
  const std::string page = page_of(profile);
  for (const HeadSimilarity& head : profile.similarities)
    for (const double value : {head.fixed, head.nearest, head.blend, head.random})
      EXPECT_GE(count(section(page, "similarity"), fmt::format("<title>layer {}, head {}: {}</title>", head.layer,
                                                               head.head, similarity_text(value))),
                1u);
  // Two charts; the chosen one's mark has a circle around it, too.
  const std::string frontier = section(page, "frontier");
  std::size_t drawn = count(frontier, "</circle>") + count(frontier, "</title></polyline>");
  EXPECT_EQ(drawn, 2 * profile.candidates.size() + 2);
  EXPECT_EQ(count(section(page, "lookups"), "</circle>"), 4 * profile.thresholds.size());
  EXPECT_EQ(count(section(page, "examples"), "<img"), 2 * profile.examples.size());
  EXPECT_EQ(count(section(page, "policy"), "<rect"), profile.setting.layers * profile.setting.heads);
  EXPECT_EQ(count(section(page, "times"), "<rect"), 4 * profile.times.size());
}

TEST(Report, SaysWhatOtherBudgetsWouldHaveChosen) {
  ProfileResult result = test::full_profile();
  const std::string known = section(page_of(result), "budgets");
  for (const char* budget : {"0.10 points", "2.00 points", "cosine 0.990", "cosine 0.900"})
    EXPECT_NE(known.find(budget), std::string::npos) << budget;
  for (Candidate& candidate : result.candidates) {
    candidate.lost.reset();
    candidate.saved = 0;
    candidate.test.reset();
  }
  result.budget = {false, 0, 0.97};
  const std::string unknown = section(page_of(result), "budgets");
  EXPECT_EQ(unknown.find("points</td>"), std::string::npos);
  EXPECT_NE(unknown.find("cosine 0.970"), std::string::npos);
  EXPECT_EQ(count(unknown, "nothing pays"), 5u);
}

TEST(Report, SaysThePolicyLayerByLayer) {
  ProfileResult profile = test::full_profile();
  for (Candidate& candidate : profile.candidates) candidate.chosen = false;
  Candidate& chosen = profile.candidates.front();
  chosen.chosen = true;
  chosen.layers.assign(6, {});
  chosen.layers[1].mode = chosen.layers[2].mode = HeadMode::fixed;
  chosen.layers[3].mode = HeadMode::lookup;
  chosen.layers[3].max_distance = 0.25f;
  chosen.layers[3].fixed_heads = {7, 0, 1, 2};
  const std::string policy = section(page_of(profile), "policy");
  for (const std::string said :
       {"Layer 0: all heads compute", "Layers 1 to 2: all heads fixed", "Layers 4 to 5: all heads compute",
        "Layer 3: heads 0–2, 7 fixed; heads 3–6, 8–11 lookup (within 0.25, misses are stored)"})
    EXPECT_NE(policy.find("<li>" + said + "</li>"), std::string::npos) << said;
}

TEST(Report, RefusesPartsThatDoNotFit) {
  ProfileResult layer = test::full_profile(), picture = layer, policy = layer;
  layer.similarities[5].layer = 6;
  picture.examples[1].stored.values.pop_back();
  policy.candidates[2].layers.pop_back();
  for (const auto& [profile, named] :
       {std::pair(&layer, "similarities[5]"), {&picture, "examples[1]"}, {&policy, "candidates[2]"}}) {
    const Status status = report_page(*profile).status();
    EXPECT_EQ(status.code(), StatusCode::invalid_argument);
    EXPECT_NE(status.message().find(named), std::string::npos) << status.message();
  }
}

TEST(Report, OfNumbersThatAreNoneIsAPage) {
  ProfileResult profile = test::full_profile();
  profile.times[0].plain_us = 0;
  profile.times[1] = {128, 1, kNan, kNan, kNan};
  profile.similarities[0].fixed = kNan;
  profile.thresholds[0].cost_us = std::numeric_limits<double>::infinity();
  profile.candidates[0].saved = profile.candidates[1].cosine = kNan;
  profile.candidates[2].lost->high = kNan;
  profile.test.saved.low = profile.test.plain_us = kNan;
  const std::string page = page_of(profile);
  EXPECT_EQ(count(page, "nan"), 0u);
  EXPECT_EQ(count(page, "'inf"), 0u);
}

TEST(Report, ShowsRealMails) {
  const char* path = std::getenv("MEMO_MAIL_FILE");
  if (path == nullptr) GTEST_SKIP() << "MEMO_MAIL_FILE does not name the mails (tools/fetch)";
  Result<JsonLineReader> mails = JsonLineReader::open(path);
  ASSERT_TRUE(mails) << mails.status().message();
  ProfileResult profile = test::full_profile({.map_size = 2});
  for (int page = 0; page < 50; ++page) {
    for (MatchExample& example : profile.examples)
      for (std::string* text : {&example.text, &example.matched})
        *text = *string_field(*mails, **mails->next(), "text");
    const std::string examples = section(page_of(profile), "examples");
    EXPECT_TRUE(is_utf8(examples));
    // What is not escaped are the report's own elements.
    static const std::regex kOwn(
        "</?(h2|h3|p|div|blockquote|mark)( class='[a-z]+')?>|<img alt='[^<>']*' src='[^<>']*'>");
    const std::string rest = std::regex_replace(examples, kOwn, "");
    EXPECT_EQ(rest.find_first_of("<\"'", sizeof("id='examples'>")), std::string::npos) << page;
  }
}

TEST(Report, SaysWhichFileCannotBeWritten) {
  const test::TempDir folder;
  const Status status = write_report(test::empty_profile(), folder.file("no/report.html"));
  EXPECT_NE(status.message().find("no/report.html"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace memo
