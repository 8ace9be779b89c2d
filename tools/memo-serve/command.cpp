#include "tools/memo-serve/command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <string>

#include "client/process/standard_streams.h"
#include "memod/store/pool/pool.h"
#include "model/engine/process.h"
#include "tools/common/command_line.h"
#include "tools/memo-serve/serve_job.h"

namespace memo {
namespace {

constexpr char kFooter[] = R"(Examples:
  memo-serve --model DIR
  memo-serve --model DIR --model rerank=DIR2 --memo unix:/run/memod.sock --listen 0.0.0.0:8080 --api-key-file key
  memo-serve --config serve.toml     # model = ["DIR"], listen = "127.0.0.1:8080", …

Routes, as clients of Text Embeddings Inference use them: POST /embed, /predict, /rerank, /similarity, and / for the
model's own task; GET /info, /health, /metrics. As OpenAI's clients do: POST /v1/embeddings, GET /v1/models. GET / is a
page to try a model, GET /docs lists all routes, GET /openapi.json describes them. The path /models/NAME before a route
chooses a model; without it, a request's "model" does, and else the first one that fits.

An answer's headers: x-memo (output: read from stored results; map: computed with stored maps; none), x-memo-found (how
many of the different texts were known), x-total-time, x-tokenization-time, x-queue-time, x-inference-time (ms),
x-compute-tokens (tokens that were computed for it).

SIGTERM or SIGINT ends it: open requests are answered first.

Exit codes: 0 ended by a signal, 1 failed (a model, a policy, the pool, the address), 2 wrong usage.)";

// $XDG_CACHE_HOME/memod or ~/.cache/memod; empty where there is neither.
std::string cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::string(cache) + "/memod";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.cache/memod";
  return "";
}

Result<ServeConfig> read_config(ServeValues flags, const std::string& config_file) {
  if (!config_file.empty()) {
    MEMO_ASSIGN_OR_RETURN(const auto file, read_serve_file(config_file));
    flags.insert(file.begin(), file.end());  // keeps what is there
  }
  return make_serve_config(flags);
}

}  // namespace

int memo_serve(int argc, char** argv) {
  guard_standard_streams();
  configure_process_for_inference();
  emulate_persistent_memory();
  CLI::App app{"memo-serve serves models over HTTP, with memos of what was computed before.", "memo-serve"};
  ServeValues flags;
  std::string config_file;
  for (const ServeKey& key : serve_keys()) {
    const auto take = [&flags, &key](const std::vector<std::string>& texts) { flags[key.name] = texts; };
    auto* option = app.add_option_function<std::vector<std::string>>(std::string("--") + key.name, take, key.help);
    option->type_name(key.value)->type_size(1)->allow_extra_args(false)->expected(1);
    if (key.repeated) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  app.add_option("--config", config_file, "A TOML file with the same settings; the command line wins")
      ->type_name("FILE");
  add_isa_option(app);
  app.footer(kFooter);
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  const Result<ServeConfig> config = read_config(std::move(flags), config_file);
  if (!config) return fail("memo-serve", kExitUsage, config.status().message());
  return run_tool(
      "memo-serve", [&] { return run_serve_job(*config, cache_folder()); }, config->threads);
}

}  // namespace memo
