#include "tools/memo-infer/command.h"

#include <CLI/CLI.hpp>

#include "client/process/standard_streams.h"
#include "memod/store/pool/pool.h"
#include "model/engine/process.h"
#include "tools/common/command_line.h"
#include "tools/memo-infer/infer_job.h"

namespace memo {

int memo_infer(int argc, char** argv) {
  guard_standard_streams();
  configure_process_for_inference();
  emulate_persistent_memory();
  CLI::App app{
      "memo-infer embeds or labels texts with a transformer, plainly or with attention maps that a store keeps.",
      "memo-infer"};
  InferOptions options;
  options.add_to(app);
  add_isa_option(app);
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  if (const Status valid = options.validate(); !valid) return fail("memo-infer", kExitUsage, valid.message());
  return run_tool(
      "memo-infer", [&] { return run_infer_job(options); }, options.threads);
}

}  // namespace memo
