#include <fmt/format.h>

#include "tools/memo-profile/report/charts/map_image.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

void define(std::string_view word, std::string_view meaning, Html& page) {
  page.element("dt", word);
  page.element("dd", meaning);
}

void define_modes(Html& page) {
  define("Compute",
         "The map is computed for every text, as without memoization. Exact, and it costs what it costs.", page);
  define(
      "Fixed",
      "One map, the average over sample texts, stands in for all texts. It saves most, as nothing is computed or "
      "searched for, and serves heads whose maps differ little between texts.",
      page);
  define(
      "Lookup",
      "The maps of earlier texts are stored. A new text takes the one of the most similar stored text, if that is "
      "near enough; else the map is computed and may be stored for later texts. A lookup costs a search, whether "
      "it "
      "finds something or not, so it pays where texts repeat.",
      page);
}

void define_measures(const ProfileResult& result, Html& page) {
  define(
      "Similarity of two maps",
      "The share of attention that both give to the same tokens: 1 means identical, 0 that they look at different "
      "tokens throughout.",
      page);
  define("Calibration",
         "A map that is not the text's own changes what a layer passes on. Calibration refits some of the layer's "
         "weights once, on texts without labels, so that it passes on what it would have. It costs no time later.",
         page);
  define("Cosine",
         "How well the model's result for a text, its embedding, keeps its direction: 1 means that memoization "
         "changed nothing.",
         page);
  if (!result.budget.labels) return;
  define(
      "Accuracy lost",
      "Of 100 texts, how many more get a wrong label than with everything computed (points). Negative: fewer do.",
      page);
}

// Shows the first example's map, so that a reader has seen one.
Status write_map(const MatchExample& example, Html& page) {
  MEMO_ASSIGN_OR_RETURN(const std::string uri, data_uri(example.computed));
  page.open("figure", "class='aside'");
  page.markup(fmt::format("<img alt='An attention map' src='{}'>\n", uri));
  page.element("figcaption",
               fmt::format("An attention map, of head {} in layer {}. A row is a token, from the first at "
                           "the top; bright is where it looks.",
                           example.head, example.layer));
  page.close("figure");
  return Status::ok();
}

}  // namespace

Status write_words(const ProfileResult& result, Html& page) {
  const ProfileSetting& setting = result.setting;
  page.open_section("words", "What the words mean");
  if (!result.examples.empty() && result.examples[0].computed.size > 0)
    MEMO_RETURN_IF_ERROR(write_map(result.examples[0], page));
  page.paragraph(
      "To read a text, the model lets every token, a word or a part of one, look at all others. How much each "
      "looks at "
      "each is an attention map: a table with a row for each token, whose numbers sum to 1. Every layer of the "
      "model "
      "makes one for each of its heads, and each text has its own.");
  page.paragraph(
      fmt::format("This model has {} with {}: {} for every text. Computing them takes part of the time of a text. "
                  "Memoization uses "
                  "maps that are there already, and asks for each head whether that is good enough:",
                  counted(setting.layers, "layer"), counted(setting.heads, "head"),
                  counted(std::uint64_t{setting.layers} * setting.heads, "map")));
  page.open("dl");
  define_modes(page);
  define_measures(result, page);
  page.close("dl");
  page.note(
      "An interval is where the true number lies in 19 of 20 such measurements (95 %). Pictures name their "
      "numbers "
      "under the pointer; tables are behind the lines with a triangle.");
  page.close_section();
  return Status::ok();
}

}  // namespace memo
