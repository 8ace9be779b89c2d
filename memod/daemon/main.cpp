// memod: serves the memos of one pool to inference processes on this machine.
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "client/cpu/instruction_set.h"
#include "client/process/daemon_log.h"
#include "client/process/memory_reserve.h"
#include "client/process/standard_streams.h"
#include "client/process/stderr_text.h"
#include "client/process/threads.h"
#include "client/protocol/unique_fd.h"
#include "client/version.h"
#include "index/search_arena.h"
#include "memod/daemon/config.h"
#include "memod/daemon/cores.h"
#include "memod/daemon/server/server.h"
#include "memod/store/memory/numa.h"
#include "memod/store/memory/process.h"
#include "memod/store/pool/file/pool_file.h"
#include "memod/store/pool/pool.h"
#include "memod/store/store.h"

namespace {

using namespace memo;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr char kDescription[] =
    "memod keeps attention memos in a persistent-memory pool and serves them to inference processes.\n"
    "It stays in the foreground; SIGTERM or SIGINT ends it cleanly, and nothing acknowledged is lost however it "
    "ends.";

constexpr char kFooter[] =
    "Examples:\n"
    "  memod --pool /mnt/pmem/memos.pool --size 64GiB --listen unix:/run/user/1000/memod.sock\n"
    "  memod --config memod.toml          # pool = \"...\", size = \"4GiB\", listen = \"unix:...\"\n"
    "A second start with the same --pool serves the memos that are there.\n"
    "Exit codes: 0 ended by a signal, 1 failed (pool in use, other version, no space), 2 wrong usage.";

int fail(int code, const std::string& message) {
  say("memod", message);
  return code;
}

// The settings on the command line. Nothing when the program has done its work (--help) or cannot do it
// (*exit_code says which).
std::optional<ConfigValues> parse_command_line(int argc, char** argv, std::string* config_file, int* exit_code) {
  CLI::App app{kDescription, "memod"};
  ConfigValues values;
  for (const ConfigKey& key : config_keys()) {
    const auto take = [&values, &key](const std::string& text) { values[key.name] = text; };
    app.add_option_function<std::string>(std::string("--") + key.name, take, key.help)->type_name(key.value);
  }
  app.add_option("--config", *config_file, "A TOML file with the same settings; the command line wins")
      ->type_name("FILE");
  app.set_version_flag("--version", fmt::format("memod {}", kVersion));
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    std::ostringstream text;
    (void)app.exit(done, text, text);
    const Status written = write_stdout(text.str());
    *exit_code = written ? EXIT_SUCCESS : fail(kFailed, written.message());
    return std::nullopt;
  } catch (const CLI::Error& error) {
    *exit_code = fail(kUsage, error.what());
    return std::nullopt;
  }
  return values;
}

Result<Config> read_config(ConfigValues flags, const std::string& config_file) {
  if (!config_file.empty()) {
    MEMO_ASSIGN_OR_RETURN(const auto file, read_config_file(config_file));
    flags.insert(file.begin(), file.end());  // keeps what is there
  }
  return make_config(flags);
}

// An eventfd. Static because a signal handler is given nothing else; set before the handler is installed.
int stop_fd = -1;

void request_stop(int) {
  const int saved_errno = errno;
  const std::uint64_t one = 1;
  (void)!::write(stop_fd, &one, sizeof(one));
  errno = saved_errno;
}

// A handler rather than a blocked mask and a signalfd: OpenBLAS starts threads before main, which inherit no mask
// of ours, and a signal that the process gets would end it through one of them.
UniqueFd catch_signals() {
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  stop_fd = stop.get();
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  return stop;
}

// Each session takes a few descriptors; the usual soft limit of 1024 is for programs that use select().
void raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// At most half of the threads that can be started search: each session takes two more.
std::uint32_t startable_search_threads(std::uint32_t wanted, const Logger& log_line) {
  if (wanted == 0) wanted = SearchArena::default_threads();
  const std::uint32_t usable = std::max(1u, startable_threads(2 * wanted) / 2);
  if (usable < wanted)
    log_line(fmt::format("so few threads can be started here that {} of {} search", usable, wanted));
  return std::min(usable, wanted);
}

Status serve(const Config& config, const std::vector<int>& nodes, const std::string& socket_path, int stop) {
  DaemonLog log("memod");
  const Logger log_line = [&log](const std::string& line) { log.write(line); };
  // This comes first, so that no pool is opened, or even made, for nothing.
  MEMO_RETURN_IF_ERROR(Listener::check(socket_path));
  StoreOptions options = config.store_options(nodes);
  options.log = log_line;
  options.search_threads = startable_search_threads(config.search_threads, log_line);
  MEMO_ASSIGN_OR_RETURN(auto store, Store::open(options));
  MEMO_ASSIGN_OR_RETURN(auto server, Server::start(*store, {.socket_path = socket_path}, log_line));
  MEMO_ASSIGN_OR_RETURN(const auto stats, store->stats());
  log_line(fmt::format("ready: pool {} ({} MiB on {}), {} memos, {}, numa {}, huge pages {}, listening on unix:{}",
                       config.pool, stats.pool_bytes >> 20, stats.memory.backing, stats.memos, stats.durability,
                       stats.memory.numa, config.huge_pages ? stats.memory.huge_page_setting : "off",
                       socket_path));
  return server->run(stop);
}

}  // namespace

int main(int argc, char** argv) {
  guard_standard_streams();
  std::string config_file;
  int exit_code = 0;
  const auto flags = parse_command_line(argc, argv, &config_file, &exit_code);
  if (!flags) return exit_code;
  const auto config = read_config(*flags, config_file);
  if (!config) return fail(kUsage, config.status().message());
  const auto socket_path = config->socket_path();
  if (!socket_path) return fail(kUsage, socket_path.status().message());

  if (const Status held = check_instruction_set(); !held) return fail(kUsage, held.message());
  if (!config->cores.empty())
    if (const Status bound = run_on_cores(config->cores); !bound)
      return fail(kUsage, "--cores: " + bound.message());

  const auto nodes = numa_nodes();
  if (!nodes) return fail(kFailed, nodes.status().message());
  if (const Status known = check_numa_policy(config->numa, *nodes); !known) return fail(kUsage, known.message());
  // This comes before the pool is made: its pages are taken then.
  if (const Status set = set_numa_policy(config->numa, *nodes); !set) return fail(kFailed, set.message());

  const UniqueFd stop = catch_signals();
  if (!stop) return fail(kFailed, "no descriptor left for an eventfd");
  raise_descriptor_limit();
  give_freed_memory_back();
  keep_memory_for_the_end();
  if (!is_on_dax(config->pool)) emulate_persistent_memory();
  // The one seam where exceptions of libraries end.
  try {
    const Status served = serve(*config, *nodes, *socket_path, stop.get());
    return served ? EXIT_SUCCESS : fail(kFailed, served.message());
  } catch (const std::bad_alloc&) {
    return fail(kFailed, "no memory left: the limit of memory or of address space is reached");
  } catch (const std::exception& error) {
    return fail(kFailed, error.what());
  }
}
