#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "client/process/stderr_text.h"
#include "embed/json/text_batches.h"
#include "memod/store/local_store.h"
#include "model/engine/engine.h"
#include "model/text/loaded_model.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/paper/blend_similarity.h"
#include "tools/memo-bench/paper/ground/map_pool.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;
using TokenLists = std::vector<Tokens>;

constexpr float kAny = 1e30f;  // a distance that every map is within

struct Texts {
  TokenLists stored;
  TokenLists fresh;  // none of them the same as one that is stored
};

Result<Texts> read_texts(const BlendBench& options, const LoadedModel& model) {
  TextSource source;
  source.path = options.input;
  MEMO_ASSIGN_OR_RETURN(auto reader, TextReader::open(source));
  MEMO_ASSIGN_OR_RETURN(auto texts, reader.next(~std::size_t{0} >> 1));
  std::mt19937_64 random(options.seed);
  std::shuffle(texts.begin(), texts.end(), random);
  Texts chosen;
  std::set<Tokens> known;
  for (const Text& text : texts) {
    Tokens tokens = model.encode(text.text, options.length);
    if (!known.insert(tokens).second) continue;
    TokenLists& to = chosen.stored.size() < options.stored ? chosen.stored : chosen.fresh;
    if (chosen.fresh.size() == options.fresh) break;
    to.push_back(std::move(tokens));
  }
  if (chosen.fresh.size() < options.fresh)
    return Status(StatusCode::invalid_argument,
                  fmt::format("{} has too few different texts: {} are stored and {} of {} are left", options.input,
                              chosen.stored.size(), chosen.fresh.size(), options.fresh));
  return chosen;
}

class Bench {
 public:
  Bench(const BlendBench& options, const LoadedModel& model, MemoStore& store)
      : options_(options), model_(model), type_(data_type_named(options.dtype).value()), store_(store) {}

  Result<Json> run(const Texts& texts) {
    MEMO_RETURN_IF_ERROR(store_maps(texts.stored));
    MEMO_ASSIGN_OR_RETURN(auto averages, average_maps(texts.stored));
    MEMO_ASSIGN_OR_RETURN(auto similarity, compare(texts.fresh, averages));
    MEMO_ASSIGN_OR_RETURN(auto cost, measure(texts.fresh));
    return Json{{"stored", texts.stored.size()}, {"fresh", texts.fresh.size()}, {"length", options_.length},
                {"dtype", options_.dtype},       {"similarity", similarity},    {"cost_us", cost}};
  }

 private:
  Result<std::unique_ptr<MemoPlan>> plan(HeadMode mode, float max_distance, std::uint32_t neighbours,
                                         bool publish) {
    Policy policy = Policy::defaults(options_.length, model_.checkpoint.config.layers);
    policy.embedder = options_.embedder;
    for (LayerPolicy& layer : policy.layers) {
      layer = {mode, max_distance, publish};
      layer.neighbours = neighbours;
    }
    return MemoPlan::make(model_.checkpoint, type_, policy, store_);
  }

  Result<std::unique_ptr<Engine>> engine(std::uint32_t threads) {
    return Engine::make(model_.checkpoint, {type_, threads});
  }

  // Calls run(batch) for all sequences, one batch at a time.
  template <typename Run>
  void for_batches(const TokenLists& sequences, const Run& run) {
    for (std::size_t first = 0; first < sequences.size(); first += options_.batch) {
      const std::size_t end = std::min(sequences.size(), first + options_.batch);
      run(std::vector<TokenSequence>(sequences.begin() + static_cast<std::ptrdiff_t>(first),
                                     sequences.begin() + static_cast<std::ptrdiff_t>(end)));
    }
  }

  Status store_maps(const TokenLists& stored) {
    print_stderr("storing the maps of {} texts\n", stored.size());
    const auto made = plan(HeadMode::lookup, 0, 1, true);
    const auto computing = engine(options_.threads);
    if (!made || !computing) return made ? computing.status() : made.status();
    MemoizedAttention attention(**made);
    for_batches(stored, [&](const auto& batch) { (*computing)->forward(batch, &attention); });
    const std::uint64_t wanted = stored.size() * (*made)->policy().layers.size();
    const std::uint64_t acknowledged = store_.publish_counts().acknowledged;
    if (acknowledged == wanted) return Status::ok();
    return {StatusCode::internal, fmt::format("only {} of {} maps were stored", acknowledged, wanted)};
  }

  // By layer: the mean of the stored maps that have the full length.
  Result<std::vector<DenseMap>> average_maps(const TokenLists& stored) {
    MEMO_ASSIGN_OR_RETURN(const auto made, plan(HeadMode::lookup, 0, 1, false));
    std::vector<DenseMap> averages;
    for (std::size_t layer = 0; layer < made->policy().layers.size(); ++layer) {
      const MapShape shape = made->map_shape(layer, options_.length);
      DenseMap& average = averages.emplace_back(shape.rows() * shape.length);
      std::uint64_t count = 0;
      for (const Tokens& tokens : stored) {
        if (tokens.size() != options_.length) continue;
        const LookupItem item{Lineage::of_tokens(tokens).key(static_cast<Layer>(layer)), {}, 0};
        std::optional<Match> match;
        MEMO_RETURN_IF_ERROR(
            store_.lookup({*made->space(layer), static_cast<Layer>(layer), 0, {&item, 1}}, {&match, 1}));
        if (!match) continue;
        const DenseMap map = decode_cropped(match->view.payload(), shape, options_.length);
        for (std::size_t i = 0; i < map.size(); ++i) average[i] += map[i];
        ++count;
      }
      for (float& element : average) element /= static_cast<float>(std::max<std::uint64_t>(count, 1));
    }
    return averages;
  }

  Result<Json> compare(const TokenLists& fresh, const std::vector<DenseMap>& averages) {
    print_stderr("comparing the maps of {} others with blends\n", fresh.size());
    const auto made = plan(HeadMode::lookup, kAny, options_.neighbours.back(), false);
    const auto computing = engine(options_.threads);
    if (!made || !computing) return made ? computing.status() : made.status();
    BlendSimilarity similarity(**made, options_.neighbours, averages);
    for_batches(fresh, [&](const auto& batch) { (*computing)->forward(batch, &similarity); });
    return similarity.summary();
  }

  // One contestant: every layer reads a blend, or computes.
  struct Contestant {
    std::unique_ptr<MemoPlan> plan;
    std::unique_ptr<MemoizedAttention> attention;
  };

  // The contestants take turns batch by batch, so that all meet the same state of the machine.
  Result<Json> measure(const TokenLists& fresh) {
    print_stderr("measuring what they take\n");
    MEMO_ASSIGN_OR_RETURN(const auto computing, engine(1));
    std::vector<Contestant> contestants;
    for (std::size_t i = 0; i <= options_.neighbours.size(); ++i) {
      MEMO_ASSIGN_OR_RETURN(auto made, i == 0 ? plan(HeadMode::compute, 0, 1, false)
                                              : plan(HeadMode::lookup, kAny, options_.neighbours[i - 1], false));
      contestants.push_back({std::move(made), nullptr});
      contestants.back().attention = std::make_unique<MemoizedAttention>(*contestants.back().plan);
    }
    for_batches(fresh, [&](const auto& batch) {
      for (Contestant& contestant : contestants) computing->forward(batch, contestant.attention.get());
    });
    Json costs;
    for (std::size_t i = 0; i < contestants.size(); ++i)
      costs[i == 0 ? "computed" : fmt::format("{}", options_.neighbours[i - 1])] = cost(*contestants[i].attention);
    return costs;
  }

  static Json cost(const MemoizedAttention& attention) {
    LayerCounters sum;
    for (const LayerCounters& layer : attention.counters()) sum += layer;
    const PartSeconds& seconds = attention.seconds();
    const auto each = [](double total, std::uint64_t count) {
      return count == 0 ? 0 : 1e6 * total / static_cast<double>(count);
    };
    if (sum.lookups == 0) return each(seconds.compute, sum.computed);
    return {{"blended",
             static_cast<double>(sum.blended) / static_cast<double>(std::max<std::uint64_t>(sum.similar_hits, 1))},
            {"hits", sum.similar_hits},
            {"computed_after_all", sum.computed},
            {"embed", each(seconds.embed, sum.lookups)},
            {"search", each(seconds.search, sum.lookups)},
            {"read", each(seconds.read, sum.similar_hits)}};
  }

  const BlendBench& options_;
  const LoadedModel& model_;
  const DataType type_;
  MemoStore& store_;
};

}  // namespace

Result<Json> run_blend_bench(const BlendBench& options) {
  MEMO_ASSIGN_OR_RETURN(const auto model, LoadedModel::load(options.model));
  MEMO_ASSIGN_OR_RETURN(const auto texts, read_texts(options, model));
  const TemporaryFolder folder(options.folder, "memo-bench");
  MEMO_RETURN_IF_ERROR(folder.status());
  MEMO_ASSIGN_OR_RETURN(
      const auto store,
      open_local_store({.path = folder.path() + "/pool",
                        .create_bytes = map_pool_bytes(model.checkpoint.config, options.length, options.stored),
                        .eviction = {.enabled = false}}));
  return Bench(options, model, *store).run(texts);
}

BenchCommand add_blend_command(CLI::App& app) {
  auto options = std::make_shared<BlendBench>();
  CLI::App* command = app.add_subcommand("blend", "Blends of the nearest maps on real texts: similarity and cost");
  command->add_option("--model", options->model, "The model's folder")->type_name("DIR")->required();
  command->add_option("--input", options->input, "Texts, one JSON object a line")
      ->type_name("FILE.jsonl")
      ->required();
  command->add_option("--embedder", options->embedder, "Default: the projection by seed")
      ->type_name("FILE.safetensors");
  command->add_option("--dtype", options->dtype, "What the engine computes in")
      ->check(CLI::IsMember(data_type_names()))
      ->capture_default_str();
  command->add_option("--length", options->length, "Cut texts to N tokens")
      ->check(CLI::Range(2, 512))
      ->capture_default_str();
  command->add_option("--stored", options->stored, "Texts whose maps are stored")->capture_default_str();
  command->add_option("--fresh", options->fresh, "Texts that look up")->capture_default_str();
  command->add_option("--neighbours", options->neighbours, "Maps in a blend, ascending")
      ->delimiter(',')
      ->check(CLI::Range(1u, kMaxNeighbours))
      ->capture_default_str();
  command->add_option("--batch", options->batch, "Texts at a time")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads of the comparison; times are of one")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the split")->capture_default_str();
  command->add_option("--folder", options->folder, "For a pool that is deleted afterwards")->capture_default_str();
  const auto validate = [options] {
    return std::is_sorted(options->neighbours.begin(), options->neighbours.end())
               ? Status::ok()
               : Status(StatusCode::invalid_argument, "--neighbours must ascend");
  };
  return {command, validate, [options] { return run_blend_bench(*options); }, true};
}

}  // namespace memo
