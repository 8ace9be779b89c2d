#include <fmt/format.h>

#include <algorithm>

#include "tools/common/markup.h"
#include "tools/memo-profile/report/charts/map_image.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"
#include "tools/memo-profile/report/sections/text_difference.h"

namespace memo {
namespace {

constexpr std::size_t kMaxExamples = 12;  // about 50 KB each
constexpr std::size_t kMaxCharacters = 500;

// Words that are not shared are marked; the blanks after them are not.
void write_text(const std::vector<TextRun>& runs, Html& page) {
  for (const TextRun& run : runs) {
    const std::size_t end = run.shared ? 0 : run.text.find_last_not_of(" \t\r\n") + 1;
    if (end > 0) page.mark(std::string_view(run.text).substr(0, end));
    page.text(std::string_view(run.text).substr(end));
  }
}

Status write_side(std::string_view heading, const MapPicture& picture, const std::vector<TextRun>& text,
                  Html& page) {
  page.open("div");
  page.element("p", heading, "class='note'");
  if (picture.size > 0) {
    MEMO_ASSIGN_OR_RETURN(const std::string uri, data_uri(picture));
    page.markup(fmt::format("<img alt='{}' src='{}'>\n", escaped(heading), uri));
  }
  page.open("blockquote");
  write_text(text, page);
  page.close("blockquote");
  page.close("div");
  return Status::ok();
}

Status write_example(const MatchExample& example, Html& page) {
  const TextDifference texts =
      compare_texts(beginning_of(example.text, kMaxCharacters), beginning_of(example.matched, kMaxCharacters));
  page.open("div", "class='example'");
  page.element("h3", fmt::format("Layer {}, head {}: similarity {}, distance {:.3g}", example.layer, example.head,
                                 similarity_text(example.similarity), example.distance));
  page.open("div", "class='pair'");
  MEMO_RETURN_IF_ERROR(write_side("A new text, and its map as computed", example.computed, texts.left, page));
  MEMO_RETURN_IF_ERROR(write_side("The nearest stored text, and its map", example.stored, texts.right, page));
  page.close("div");
  page.close("div");
  return Status::ok();
}

}  // namespace

Status write_examples(const ProfileResult& result, Html& page) {
  page.open_section("examples", "Texts that were matched");
  if (result.examples.empty()) {
    page.note("There are no examples.");
    page.close_section();
    return Status::ok();
  }
  page.paragraph(
      "A validation text and the stored one that a lookup finds for it, with one head's map of each. A row is a "
      "token, "
      "from the first at the top; bright is where it looks. Words that the two texts do not share are marked.");
  const std::size_t shown = std::min(result.examples.size(), kMaxExamples);
  for (std::size_t i = 0; i < shown; ++i) MEMO_RETURN_IF_ERROR(write_example(result.examples[i], page));
  if (shown < result.examples.size())
    page.note(fmt::format("profile.json has {} more.", result.examples.size() - shown));
  page.close_section();
  return Status::ok();
}

}  // namespace memo
