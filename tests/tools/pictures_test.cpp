// How memoctl draws maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "tools/memoctl/output/terminal_maps.h"
#include "tools/picture/color_map.h"
#include "tools/picture/npy.h"
#include "tools/picture/png.h"

namespace memo {
namespace {

// Every head looks at the token itself, and a little at all others.
AttentionMaps diagonal_maps(std::uint32_t heads, std::uint32_t length) {
  AttentionMaps maps{.heads = heads, .length = length, .values = {}};
  maps.values.assign(std::size_t{heads} * length * length, 0.1f / static_cast<float>(length));
  for (std::uint32_t row = 0; row < heads * length; ++row)
    maps.values[std::size_t{row} * length + row % length] += 0.9f;
  return maps;
}

double luminance(Color color) {
  return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue;
}

// Characters in the longest line, without what sets colours; a half block counts as one.
std::size_t widest_line(const std::string& drawn) {
  std::istringstream lines(std::regex_replace(drawn, std::regex("\033\\[[0-9;]*m"), ""));
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);)
    widest = std::max<std::size_t>(widest, std::count_if(line.begin(), line.end(), [](char character) {
                                     return (static_cast<unsigned char>(character) & 0xc0) != 0x80;
                                   }));
  return widest;
}

TEST(ColorMap, BecomesBrighterFromStartToEnd) {
  for (int step = 1; step <= 100; ++step)
    EXPECT_GT(luminance(color_of(static_cast<float>(step) / 100)),
              luminance(color_of(static_cast<float>(step - 1) / 100)))
        << step;
}

TEST(ColorMap, PaletteHasBlackWhiteAndTheCube) {
  EXPECT_EQ(palette_index({0, 0, 0}), 16);
  EXPECT_EQ(palette_index({255, 255, 255}), 231);
  EXPECT_EQ(palette_index({255, 135, 0}), 208);
  EXPECT_EQ(palette_index({128, 128, 128}), 244);
}

TEST(ColorMap, ShadeOfNonsenseIsDark) {
  EXPECT_EQ(shade_of(0.5f, 0), 0);
  EXPECT_EQ(shade_of(-1, 1), 0);
  EXPECT_EQ(shade_of(2, 1), 1);
}

TEST(Resample, KeepsThinLinesWhenItShrinks) {
  const AttentionMaps maps = diagonal_maps(1, 100);
  const auto drawn = resample(maps.head(0), 100, 7);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_GT(drawn[i * 7 + i], 0.9f) << i;
}

TEST(Resample, RepeatsElementsWhenItGrows) {
  const auto drawn = resample(std::vector<float>{1, 2, 3, 4}, 2, 4);
  EXPECT_EQ(drawn, (std::vector<float>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}));
}

TEST(TerminalMaps, FitIntoEveryTerminal) {
  for (const std::uint32_t length : {1u, 7u, 48u, 128u})
    for (const std::uint32_t heads : {1u, 4u, 12u, 40u})
      for (const unsigned columns : {20u, 80u, 151u, 400u})
        for (const Colors colors : {Colors::none, Colors::palette, Colors::full}) {
          const Terminal terminal{.is_terminal = true, .columns = columns, .rows = 24, .colors = colors};
          EXPECT_LE(widest_line(draw_maps(diagonal_maps(heads, length), 0, terminal)), columns)
              << heads << " heads, " << length << " tokens";
        }
}

TEST(TerminalMaps, NamesEveryHead) {
  const std::string drawn = draw_maps(diagonal_maps(12, 16), 0, {});
  for (int head = 0; head < 12; ++head) EXPECT_NE(drawn.find("head " + std::to_string(head)), std::string::npos);
}

TEST(TerminalMaps, WithoutColoursAreAscii) {
  const std::string drawn = draw_maps(diagonal_maps(2, 16), 0, {});
  EXPECT_TRUE(std::all_of(drawn.begin(), drawn.end(), [](char character) {
    return character == '\n' || (character >= ' ' && character <= '~');
  }));
}

TEST(Decode, PayloadThatIsTooShortIsRefused) {
  SpaceSpec spec;
  spec.heads = 4;
  const std::vector<std::byte> payload(64);
  EXPECT_EQ(AttentionMaps::decode(spec, 48, payload).status().code(), StatusCode::corrupt);
}

TEST(Decode, OtherKindsAreUnsupported) {
  SpaceSpec spec;
  spec.kind = MemoKind::output;
  spec.heads = 1;
  EXPECT_EQ(AttentionMaps::decode(spec, 1, {}).status().code(), StatusCode::unsupported);
}

TEST(Files, HoldWhateverTheShape) {
  for (const std::uint32_t length : {1u, 3u, 512u}) {
    const AttentionMaps maps = diagonal_maps(3, length);
    EXPECT_GE(to_npy(maps).size(), maps.values.size() * sizeof(float) + 64);
    EXPECT_TRUE(to_png(maps, 0)) << length;
  }
}

}  // namespace
}  // namespace memo
