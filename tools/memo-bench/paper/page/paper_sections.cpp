// The sections of latency, size and cost.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/common/markdown_table.h"
#include "tools/memo-bench/paper/page/paper_page.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

std::string cell(const Json& value, int decimals) {
  return number_cell(value.get<double>(), decimals);
}

std::string whole(const Json& value) {
  return fmt::format("{}", value.get<std::uint64_t>());
}

// "0.1" for a distance that was given as 0.1, although f32 rounds it.
std::string distance(const Json& value) {
  return fmt::format("{:g}", value.get<float>());
}

std::string latency_table(const Json& cases) {
  MarkdownTable table(
      {"family", "type", "batch × length", "plain, ms", "fixed saves, %", "hits save, %", "limit, %"}, 3);
  for (const Json& measured : cases)
    table.add({measured.at("model"), measured.at("dtype"),
               fmt::format("{} × {}", whole(measured.at("batch")), whole(measured.at("length"))),
               cell(measured.at("plain").at("wall_ms"), 1), per_cent_cell(measured.at("fixed").at("saved")),
               per_cent_cell(measured.at("hit").at("saved")), per_cent_cell(measured.at("limit"))});
  return table.text();
}

std::string mean_saving(const Json& cases) {
  double sum = 0, most = 0;
  for (const Json& measured : cases) {
    const double saved = measured.at("hit").at("saved");
    sum += saved;
    most = std::max(most, saved);
  }
  return fmt::format("Hits save {:.1f} % on average over this table and {:.1f} % at most.",
                     100 * sum / cases.size(), 100 * most);
}

struct Part {
  const char* key;
  const char* name;
};
constexpr Part kParts[] = {{"tokenize_us", "tokenize"},
                           {"features_us", "features"},
                           {"search_us", "lookups and searches"},
                           {"attention_us", "projections and attention that are computed"},
                           {"values_us", "projection of values, where maps are read"},
                           {"maps_us", "maps read"},
                           {"publish_us", "publishing"},
                           {"rest_us", "all else: feed-forward, norms, label"},
                           {"total_us", "**together**"}};

std::string cost_table(const Json& runs) {
  MarkdownTable table({"µs a text", "plain", "hit by key", "similar hit", "miss, published"}, 1);
  for (const Part& part : kParts) {
    std::vector<std::string> cells = {part.name};
    for (const char* run : {"plain", "by_key", "similar", "miss"})
      cells.push_back(cell(runs.at(run).at(part.key), 0));
    table.add(cells);
  }
  return table.text();
}

std::string cost_sentence(const Json& runs) {
  const auto us = [&](const char* run, const char* key) { return runs.at(run).at(key).get<double>(); };
  const double plain = us("plain", "total_us");
  const double saved = plain - us("by_key", "total_us");
  const double encoded = us("miss", "attention_us") - us("plain", "attention_us");
  const double published = encoded + us("miss", "publish_us");
  const double looked = us("miss", "features_us") + us("miss", "search_us");
  std::string text = fmt::format(
      "A hit by key saves {:.0f} µs ({:.1f} %), a similar one {:.0f} µs ({:.1f} %; {:.1f} % of its maps were "
      "found). A miss "
      "costs {:.0f} µs more than plain: looking {:.0f}, encoding {:.0f} (what its attention takes more), "
      "publishing {:.0f}. ",
      saved, 100 * saved / plain, plain - us("similar", "total_us"), 100 * (1 - us("similar", "total_us") / plain),
      100 * us("similar", "hit_share"), us("miss", "total_us") - plain, looked, encoded, us("miss", "publish_us"));
  if (saved > 0)
    text += fmt::format("So encoding and publishing cost {:.2f} of what a hit by key saves.", published / saved);
  return text + "\n";
}

}  // namespace

std::string latency_section(const Json& latency) {
  const Json& cases = latency.at("cases");
  std::string text = fmt::format(
      "## Latency by family, length and batch\n\nRandom weights in each family's shape, full lengths, medians of "
      "interleaved "
      "rounds ({}). *hits*: every map is found by key in a pool and read from memory, not from a cache; lookups "
      "are included. "
      "*fixed*: one map a layer for all inputs. *limit*: what maps would save if reading them took no time; "
      "measured in parts "
      "of its own, so that a saving may come out above it. The picture also has *mixed*: half of the heads hit, "
      "half are "
      "computed. The paper reports 22 % on average and 68 % at most, over its own plain engine.\n\n",
      whole(latency.at("rounds")));
  if (cases.empty()) return text + "No case was complete.\n";
  return text + latency_table(cases) + "\n" + mean_saving(cases) + "\n";
}

std::string size_section(const Json& size) {
  const Json& rows = size.at("rows");
  std::string text =
      "## Size of the database\n\nWhat test texts find by similarity, keys not asked for, as texts are stored; "
      "the layers' "
      "inputs are plain. *nearest*: mean similarity of the nearest stored map to the computed one, where one was "
      "*found* that "
      "is long enough; *average*: that of one average map of training texts for all. *≤ d*: share of lookups "
      "whose nearest "
      "map is within that distance. *pool*: what extents take, of which *payload* are maps. *features* and "
      "*search*: µs a "
      "lookup, in batches; four neighbours are searched for.\n\n";
  if (rows.empty()) return text + "No size was complete.\n";
  std::vector<std::string> names = {"texts",   "maps",     "pool, MiB", "payload, MiB",
                                    "nearest", "found, %", "average"};
  for (const Json& rate : rows.at(0).at("hit_rates"))
    names.push_back("≤ " + distance(rate.at("max_distance")) + ", %");
  names.insert(names.end(), {"features, µs", "search, µs"});
  MarkdownTable table(names, 0);
  constexpr double kMiB = 1 << 20;
  for (const Json& row : rows) {
    std::vector<std::string> cells = {whole(row.at("texts")),
                                      whole(row.at("maps")),
                                      cell(row.at("pool_bytes").get<double>() / kMiB, 0),
                                      cell(row.at("payload_bytes").get<double>() / kMiB, 0),
                                      cell(row.at("nearest").at("similarity"), 3),
                                      per_cent_cell(row.at("nearest").at("found")),
                                      cell(row.at("average_similarity"), 3)};
    for (const Json& rate : row.at("hit_rates")) cells.push_back(per_cent_cell(rate.at("rate")));
    cells.push_back(cell(row.at("features_us"), 1));
    cells.push_back(cell(row.at("search_us"), 1));
    table.add(cells);
  }
  return text + table.text();
}

std::string cost_section(const Json& cost) {
  std::string text =
      "## What a text costs\n\nOne thread, so that the parts add up to the whole. Test texts that are not stored "
      "are run "
      "plainly; with the maps of other texts (*similar hit*, any distance); as a *miss* that looks for keys and "
      "neighbours in "
      "vain, computes and publishes; and some batches later again, as a *hit by key*. The projection of values "
      "was measured by "
      "itself.\n";
  for (const Json& type : cost.at("types")) {
    text += fmt::format("\n**{}**, {} texts of {:.0f} tokens on average, {} more stored:\n\n",
                        type.at("dtype").get<std::string>(), whole(type.at("texts")),
                        type.at("mean_tokens").get<double>(), whole(type.at("stored_texts")));
    text += cost_table(type.at("runs")) + "\n" + cost_sentence(type.at("runs"));
  }
  return text;
}

}  // namespace memo
