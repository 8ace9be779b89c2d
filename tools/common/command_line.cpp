#include "tools/common/command_line.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <sstream>
#include <thread>

#include "client/cpu/instruction_set.h"
#include "client/process/memory_reserve.h"
#include "client/process/standard_streams.h"
#include "client/process/threads.h"

namespace memo {

int fail(const std::string& tool, ExitCode code, const std::string& message) {
  std::string line = message.substr(0, message.find_last_not_of('\n') + 1);
  std::replace(line.begin(), line.end(), '\n', ' ');
  say(tool, line);
  return code;
}

std::FILE* report_stream(std::initializer_list<std::string_view> outputs) {
  return std::find(outputs.begin(), outputs.end(), "-") == outputs.end() ? stdout : stderr;
}

void write_report_to(std::FILE* stream, std::string_view text) {
  if (stream == stderr) return say_lines(text);
  if (!write_stdout(text)) remember_unsaid();
}

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& done) {
    std::ostringstream text;
    (void)app.exit(done, text, text);
    const Status written = write_stdout(text.str());
    return written ? kExitOk : fail(app.get_name(), kExitFailed, written.message());
  } catch (const CLI::Error& error) {
    return fail(app.get_name(), kExitUsage, error.what());
  }
}

void add_isa_option(CLI::App& app) {
  const auto hold = [](const std::string& name) {
    if (const Status held = hold_to_instruction_set(name); !held)
      throw CLI::ValidationError("--isa", held.message());
  };
  app.add_option_function<std::string>("--isa", hold,
                                       "Use the CPU as one with only: baseline, avx2, avx2_vnni, avx512, "
                                       "avx512_vnni or avx512_bf16; as MEMO_ISA")
      ->type_name("NAME");
}

namespace {

// Both numbers include the main thread.
struct ThreadSupply {
  unsigned wanted, startable;
};

ThreadSupply try_threads(unsigned threads) {
  const unsigned wanted = std::max({1u, threads, std::thread::hardware_concurrency()});
  return {wanted, 1 + startable_threads(wanted - 1)};
}

std::unique_ptr<oneapi::tbb::global_control> limit_threads(const std::string& tool, unsigned threads) {
  const auto [wanted, startable] = try_threads(threads);
  if (startable == wanted) return nullptr;
  say(tool, fmt::format("only {} of {} threads can be started here; using these", startable, wanted));
  using oneapi::tbb::global_control;
  return std::make_unique<global_control>(global_control::max_allowed_parallelism, startable);
}

int run_work(const std::string& tool, const std::function<Status()>& work, unsigned threads) {
  keep_memory_for_the_end();
  try {
    const auto limit = limit_threads(tool, threads);
    const Status status = work();
    if (!status) return fail(tool, kExitFailed, status.message());
    return is_anything_unsaid() ? kExitUnsaid : kExitOk;
  } catch (const std::bad_alloc&) {
    return fail(tool, kExitFailed, "no memory left: the limit of memory or of address space is reached");
  } catch (const std::exception& error) {
    // LibTorch appends a backtrace after the first line.
    const std::string text = error.what();
    return fail(tool, kExitFailed, text.substr(0, text.find('\n')));
  }
}

}  // namespace

std::optional<int> require_threads(const std::string& tool) {
  const auto [cores, startable] = try_threads(0);
  if (startable == cores) return std::nullopt;
  return fail(
      tool, kExitFailed,
      fmt::format("only {} of {} threads can be started here, and a library needs one for each core; raise the "
                  "limit (ulimit -u, pids.max), or use fewer cores (taskset)",
                  startable, cores));
}

int run_tool(const std::string& tool, const std::function<Status()>& work, unsigned threads) {
  const int code = run_work(tool, work, threads);
  if (code != kExitFailed) return code;
  // Ends without destructors. After a failure for lack of memory or threads, threads of libraries may never end:
  // OpenBLAS's threads retry forever to get their buffers, and its destructor waits for them.
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace memo
