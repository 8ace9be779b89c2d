#include "tools/memo-infer/options.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <thread>
#include <utility>

#include "client/settings/setting_values.h"
#include "memo/attach.h"
#include "model/policy/policy.h"

namespace memo {
namespace {

constexpr char kFooter[] = R"(Examples:
  memo-infer --model DIR --input mails.jsonl --memo none --output plain.jsonl
  memo-infer --model DIR --input mails.jsonl --memo unix:/run/memod.sock --policy p.toml --output -

Each output line is {"id", "embedding"}, in the order of the input; with --head, or of a model that has a head of its
own to classify with, {"id", "label", "score"}, the best label, or {"id", "labels": [{"label", "score"}, …]} with
--top-k; of one that predicts tokens {"id", "next_token", "score"}; and the embedding too with --embeddings. With
--token-embeddings it is {"id", "token_embeddings"}, a list of numbers for each token. The id is the input's, or the
line's number where it has none.

The model's folder decides what comes out: modules.json and the files it names (pooling, dense layers, normalization),
sentence_bert_config.json (the length, lower case), config_sentence_transformers.json (prompts), and config.json
(problem_type and labels: softmax, sigmoid or raw scores). What is not understood in them is refused.

The first --warmup batches are computed plainly before the clock starts, then processed as usual: plain and memoized
runs both start with warm memory. The latency of a batch is from its texts to its embeddings, tokenizing included;
reading and writing files is not. The tokens of a batch are split among the threads; there is no padding.

Without a daemon at unix:PATH everything is computed, and memoized as soon as one comes.

--summary writes one JSON object:
  model {path, fingerprint, calibrated, layers, hidden, heads, embedding_size, prompt, similarity}, length, batch,
                     threads; similarity: what the model's embeddings are to be compared by
  dtype              what products are computed in: f32, bf16, s16 or s8; f32 where the CPU has no such
  kernel             which of the engine's kernels run, named by the instructions they use
  plain_is           what a run without memos is, in words
  memo {endpoint, policy, kinds}
  inputs, batches, warmup_batches, tokens
  wall_s, cpu_s      of everything after the warm-up, files included; the final flush is not
  tokens_per_s       tokens / wall_s
  latency_ms {p50, p99, mean, max}   of a batch
  page_faults {p50, p99}             minor page faults of the process in a batch
  parts_s {tokenize, ask, keep, embed, search, read, compute, publish, rest}   thread-seconds. ask, keep: looking whole
                     results up, and publishing them; embed, search, publish: of maps; compute: projections and attention
                     of sequences that compute; read: of those that read maps, value projection included; rest:
                     everything outside attention
  layers [{layer, mode, lookups, hits, exact_hits, similar_hits, blended, published, dropped, revoked, computed,
           fixed, errors, gated, probes, over_deadline, not_admitted}]  in sequences; hits = exact_hits + similar_hits;
                     blended: maps read by similar hits that read several; published: handed to the store; gated: not
                     looked up (by key, by similarity: one each), as that does not pay here; probes: looked up to see
                     whether it pays again; over_deadline: not looked up, or not answered, as the batch had waited long
                     enough; not_admitted: computed and not published, as nobody is likely to ask for it
  outputs {lookups, hits, repeated, gated, probes, late, errors, revoked, computed, published, dropped, not_admitted,
           not_exact}  in texts: whole results; repeated: equal to another text of the batch, which answers for it; late:
                     not answered in time; not_exact: computed with maps that were found, and so not published
  hit_rate           hits / lookups of maps over all layers, 0 without lookups
  publishes {acknowledged, duplicates, refused, dropped}   what became of them, by the end
  store {endpoint, available, errors, flush_s}   available: at the end; endpoint "none" without a store

A line of --input that is no object with these fields is an error that names file, line, column (in bytes) and reason.
An id is written as it was read, whatever JSON it is. - is stdin for --input, --head and --policy, and stdout for
--output and --summary. A file is replaced when its successor is complete: a run that fails or is killed leaves what
was there. A file that is read, the model's included, cannot be written: that is wrong usage.

Exit codes: 0 done, 1 failed (a file, a line of the input, the model, the policy), 2 wrong usage,
3 done, but stderr could not be written.)";

}  // namespace

void InferOptions::add_to(CLI::App& app) {
  threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--model", model, "Folder with config.json, model.safetensors and tokenizer.json or vocab.txt")
      ->type_name("DIR")
      ->required();
  app.add_option("--input", source.path, "Texts, one JSON object a line; - is stdin")
      ->type_name("FILE.jsonl")
      ->required();
  app.add_option("--text-field", source.text_field, "Field with the text")->capture_default_str();
  app.add_option("--id-field", source.id_field, "Field with the id")->capture_default_str();
  app.add_option("--limit", source.limit, "Use the first N texts only; 0: all")->capture_default_str();
  app.add_option("--pair-field", source.pair_field,
                 "Field with the second text of a pair; for models that score pairs");
  app.add_option("--prompt", prompt, "Put this before every text; default: the model's default prompt")
      ->type_name("TEXT");
  app.add_option("--prompt-name", prompt_name, "Put the model's prompt of this name before every text")
      ->type_name("NAME")
      ->excludes("--prompt");
  app.add_option(
      "--length", length,
      "Cut texts to N tokens; default: the policy's length, else the model's own (128 where it has none)");
  app.add_option("--batch", batch, "Texts in a batch")->check(CLI::Range(1, 4096))->capture_default_str();
  app.add_option("--threads", threads, "Worker threads")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option(
         "--dtype", dtype,
         "Number format of products: f32; bf16, where the CPU has it, or s16: faster, nearly as exact; s8: "
         "fastest, less exact")
      ->check(CLI::IsMember(data_type_names()))
      ->capture_default_str();
  app.add_option("--warmup", warmup, "Batches to warm up with")->check(CLI::Range(0, 1000))->capture_default_str();
  app.add_option("--memo", memo,
                 "Where memos are kept: none, file:PATH (a pool opened by this process) or "
                 "unix:PATH (a running memod)")
      ->capture_default_str();
  app.add_option("--pool-size", pool_size, "Size of a pool that file:PATH makes")->capture_default_str();
  app.add_option("--policy", policy,
                 "What is kept and what each layer does; default: whole results, and every layer computes, so "
                 "that results are exactly those without memos")
      ->type_name("FILE.toml");
  app.add_option("--kinds", kinds,
                 "What is kept and looked up: output (whole results), map (attention maps of the policy's "
                 "layers), output,map or none; default: the policy's")
      ->type_name("KINDS");
  app.add_option(
         "--selection", selection,
         "online: leave lookups and publishes out that do not pay; fixed: do them all; default: the policy's")
      ->check(CLI::IsMember({"online", "fixed"}));
  app.add_option(
         "--max-wait,--deadline", max_wait_ms,
         "Longest that a batch waits for the store, in ms; default: the policy's, else 5 % of what computing "
         "it takes with online selection, and without it what the store allows each lookup")
      ->type_name("MS")
      ->check(CLI::Range(0.0, 1e6));
  CLI::Option* const head_file =
      app.add_option("--head", head, "Write labels by this head, as memo-train head makes it")
          ->type_name("FILE.json");
  CLI::Option* const best =
      app.add_option("--top-k", top_k, "Write the N best labels of a text, each with its score; 0: all")
          ->type_name("N");
  CLI::Option* const beside =
      app.add_flag("--embeddings", embeddings, "Beside labels or tokens: write embeddings too");
  app.add_flag("--token-embeddings", token_embeddings,
               "Write the final state of each token instead, special tokens included, before pooling")
      ->excludes(beside, head_file, best);
  app.add_option("--output", output, "Where results go; - is stdout")->type_name("FILE")->capture_default_str();
  app.add_option("--summary", summary, "Write figures as JSON; - is stdout")->type_name("FILE.json");
  app.footer(kFooter);
  require_distinct_files(app, [this] { return files(); });
}

std::vector<NamedPath> InferOptions::files() const {
  std::vector<NamedPath> files = model_files("--model", model);
  files.push_back(NamedPath::input("--input", source.path));
  files.push_back(NamedPath::input("--policy", policy));
  files.push_back(NamedPath::input("--head", head));
  files.push_back(pool_file("--memo", memo));
  files.push_back(NamedPath::output("--output", output));
  files.push_back(NamedPath::output("--summary", summary));
  return files;
}

Status InferOptions::validate() const {
  for (const auto& [option, given] : {std::pair("--policy", !policy.empty()),
                                      {"--kinds", !kinds.empty()},
                                      {"--selection", !selection.empty()},
                                      {"--max-wait", max_wait_ms > 0}})
    if (given && !memoized())
      return {StatusCode::invalid_argument, fmt::format("{} needs --memo file:PATH or unix:PATH", option)};
  if (!memoized()) return Status::ok();
  if (!kinds.empty()) {
    const Status known = kinds_named(kinds).status();
    if (!known) return {known.code(), fmt::format("--kinds: {}", known.message())};
  }
  MEMO_RETURN_IF_ERROR(parse_size(pool_size).status());
  return Endpoint::parse(memo).status();
}

}  // namespace memo
