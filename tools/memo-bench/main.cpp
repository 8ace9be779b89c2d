// memo-bench: figures of the engine, the store and its index on this machine.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "client/process/standard_streams.h"
#include "memod/store/memory/process.h"
#include "memod/store/pool/pool.h"
#include "model/engine/process.h"
#include "tools/common/command_line.h"
#include "tools/memo-bench/common/benches.h"

namespace {

using namespace memo;

constexpr char kFooter[] =
    "Figures go to stdout as one JSON object; seconds end in _s, microseconds in _us.\n"
    "  restart  build_s: what building the graphs took; with_snapshots and without: open_s, first_exact_hit_s,\n"
    "           first_similar_hit_s (all from the call of open), indexed_at_first, similar_lookup_us\n"
    "  lengths  days[]: hit_rate, refused, stranded_share of the pool {mean, max}, spaces[]; evicted, consistent\n"
    "  index    build_s, rebuild_s, search_before_us, search_during_rebuild_us, missed_*: searches of about as "
    "many as\n"
    "           count says whose nearest was not the feature itself\n"
    "  search   runs[]: format, neighbors, build_s, bytes_each; near (stored features and a little noise), fresh "
    "(of the\n"
    "           same groups), far (anywhere): us, recall_at_1 against an exhaustive search, recall_at_1_of_8: it "
    "is among\n"
    "           the eight that a store compares again with the features themselves\n"
    "  memory   runs[]: bytes a memo: resident_each (RssAnon), beside_features_each, counted_each; "
    "similar_lookup_us\n"
    "           in this process\n"
    "  publish  gigabytes (10^9) a second: machine: what one core can do with the memory of a pool, over payloads "
    "of\n"
    "           each size {streamed_stores, streamed_copy, hash_of_source, copy_then_hash, hashed_copy_avx2, "
    "_avx512};\n"
    "           attached: handed_over (drafts that are full already), filled (the client writes each), median and "
    "best\n"
    "           round; mapping: what a client's mapping of the pool takes {seconds, huge_share, "
    "page_table_bytes}\n"
    "  engine   machine; cases[]: model, dtype, threads, batch, length; plain, fixed, hit, mixed {wall_ms\n"
    "           (median), wall_ms_least, cpu_ms, saved, error}; limit: the share of a plain run that reading maps "
    "for\n"
    "           nothing would save; peers.NAME {wall_ms, cpu_ms, version, over_plain,\n"
    "           over_plain_least (of the least times)}. Random weights; maps are read cold from a pool.\n"
    "           hit: every map an exact hit, lookups included; mixed: half of the heads hit, half computed\n"
    "  formats  machine; rows[]: engine, dtype, way (of quantizing), wall_ms, wall_ms_least and cpu_ms of a "
    "batch,\n"
    "           times_as_fast (as f32 of this engine), cosine and cosine_p05 to it, accuracy, lost {mean, low, "
    "high} in\n"
    "           points, of texts that nothing was fitted to\n"
    "  stream   cases[]: length, dtype, runs[]: reuse, selection; all and windows[]: texts, repeat_rate (texts "
    "that "
    "came\n"
    "           before), saved (of plain's time, in the same run), parts_us, outputs and maps {found, ...}, "
    "cosine to "
    "plain\n"
    "           {mean, least}, different (texts with other bits than plain's); open: which lookups still are made "
    "at "
    "the\n"
    "           end; share, share_of_seen: of all texts, and of those that came before, whose maps are published "
    "then\n"
    "  serve    cases[]: sustained_rate, the largest at which 99 of 100 answers took no longer than --max-p99-ms, "
    "and\n"
    "           trials[]: rate, achieved, p50_ms .. max_ms from when a request was due, found, server_cpu_s, "
    "held\n"
    "  hits     computed_us, found_us {p50, p99, max} of a text, text in to vector out; ratio of the medians; "
    "tail: "
    "p99 over\n"
    "           p50; different: results with other bits\n"
    "  store    memo-bench store --help says it\n"
    "  paper    memo-bench paper --help says it\n"
    "  blend    similarity[], by layer: nearest_distance, average (of all stored maps), blends.WEIGHTING.COUNT: "
    "mean\n"
    "           similarity to the computed map; cost_us of a sequence and layer: computed (projections and "
    "attention);\n"
    "           COUNT {blended (maps, on average), embed, search, read (projection of values and the blend)}\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done, but stderr could not be written.";

}  // namespace

int main(int argc, char** argv) {
  memo::guard_standard_streams();
  CLI::App app{"memo-bench measures the engine, the store and its index on this machine.", "memo-bench"};
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();  // options of all commands, behind their names too
  add_isa_option(app);
  const std::array commands = {add_restart_command(app), add_lengths_command(app), add_index_command(app),
                               add_search_command(app),  add_memory_command(app),  add_publish_command(app),
                               add_engine_command(app),  add_formats_command(app), add_store_command(app),
                               add_blend_command(app),   add_stream_command(app),  add_hits_command(app),
                               add_serve_command(app),   add_paper_command(app)};
  if (const auto exit_code = parse_command_line(app, argc, argv)) return *exit_code;

  const BenchCommand& command =
      *std::find_if(commands.begin(), commands.end(), [](const BenchCommand& c) { return c.app->parsed(); });
  if (const Status valid = command.validate(); !valid) return fail("memo-bench", kExitUsage, valid.message());
  if (command.runs_models) {
    if (const auto ended = require_threads("memo-bench")) return *ended;
    configure_process_for_inference();
  } else {
    give_freed_memory_back();
  }
  emulate_persistent_memory();
  return run_tool("memo-bench", [&]() -> Status {
    const auto result = command.run();
    if (!result || result->is_null()) return result.status();
    return write_stdout(result->dump(2) + "\n");
  });
}
