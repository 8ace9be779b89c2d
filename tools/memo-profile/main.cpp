// memo-profile: what memoization gives a model on given texts, and the policy that delivers it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "client/process/standard_streams.h"
#include "embed/files/output_file.h"
#include "memod/store/pool/pool.h"
#include "model/engine/process.h"
#include "model/tuning/result/verdict.h"
#include "tools/common/command_line.h"
#include "tools/memo-profile/profile_job.h"
#include "tools/memo-profile/report/document/profile_json.h"
#include "tools/memo-profile/report/report.h"

int main(int argc, char** argv) {
  memo::guard_standard_streams();
  using namespace memo;
  if (const auto ended = require_threads("memo-profile")) return *ended;
  configure_process_for_inference();
  emulate_persistent_memory();
  CLI::App app{
      "memo-profile finds out what memoized attention saves on a model and texts of yours, at what quality, "
      "and writes the policy that delivers it.",
      "memo-profile"};
  ProfileOptions options;
  add_profile_options(app, options);
  add_isa_option(app);
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  if (const Status valid = validate(options); !valid) return fail("memo-profile", kExitUsage, valid.message());
  return run_tool(
      "memo-profile",
      [&] {
        MEMO_RETURN_IF_ERROR(check_output(options.report));
        MEMO_ASSIGN_OR_RETURN(const ProfileResult result, run_profile_job(options));
        MEMO_RETURN_IF_ERROR(write_profile(result, options.output + "/profile.json"));
        MEMO_RETURN_IF_ERROR(write_report(result, options.report_path()));
        print_to(report_stream({options.report}), "{}", summary_text(result, options.output));
        return Status::ok();
      },
      options.threads);
}
