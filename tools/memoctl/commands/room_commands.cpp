// evict, quota, drop, compact: the room that spaces take.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "client/process/progress.h"
#include "client/settings/setting_values.h"
#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/open_pool.h"
#include "tools/memoctl/pools/walk.h"

namespace memo {
namespace {

constexpr CommandText kEvict{"evict", kChanging, "Evict the memos of a space that save least",
                             "Pinned memos stay, and those that an inference reads at this moment.\n"
                             "Example:\n  memoctl evict unix:/run/memod/memod.sock --space 0 --memos 10000\n"
                             "--json: space, asked, evicted"};

constexpr CommandText kQuota{"quota", kChanging, "Limit the room that a space may take in the pool",
                             "A space above its quota loses extents while memod serves the pool: the least "
                             "valuable first, none with a pinned memo.\n"
                             "Example:\n  memoctl quota unix:/run/memod/memod.sock --space 0 16GiB\n"
                             "  memoctl quota unix:/run/memod/memod.sock --space 0 none\n"
                             "--json: space, quota_bytes (0: none), reserved_bytes (now)"};

constexpr CommandText kDrop{
    "drop", kChanging, "Erase all memos of a space, pinned ones too, and give the space up",
    "Its extents go back to the pool, and its place in the table of 256 spaces serves the next new one. A space "
    "that\n"
    "a session has open is left as it is. Waits up to a minute for inferences that still read.\n"
    "Example:\n  memoctl drop unix:/run/memod/memod.sock --space 3\n"
    "--json: space, erased (memos), freed_bytes, complete (false: gave up waiting)"};

constexpr CommandText kCompact{
    "compact", kChanging, "Move memos together and give empty extents back to the pool",
    "Any space can use what is given back. Waits up to a minute for inferences that still read what was moved.\n"
    "Example:\n  memoctl compact unix:/run/memod/memod.sock\n"
    "--json: moved (memos), freed_bytes, complete (false: gave up waiting)"};

struct SpaceOptions {
  PoolArguments pool;
  std::uint32_t space = 0;
  std::uint64_t memos = 0;
  std::string size;

  CLI::App& add_to(CLI::App& command) {
    pool.add_to(command);
    command.add_option("--space", space, "The space (memoctl spaces)")->type_name("S")->required();
    return command;
  }
};

// A daemon evicts a bounded number at a time, so that no request takes long.
Result<std::uint64_t> evict_all(StoreAdmin& store, SpaceId space, std::uint64_t wanted) {
  Progress progress("evict");
  std::uint64_t evicted = 0;
  while (evicted < wanted) {
    MEMO_ASSIGN_OR_RETURN(const auto page, store.evict(space, wanted - evicted));
    if (page == 0) break;
    evicted += page;
    progress.update(static_cast<double>(evicted) / static_cast<double>(wanted), evicted);
  }
  return evicted;
}

Status run_evict(const SpaceOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  if (const auto known = space_stats(pool.admin(), SpaceId{options.space}); !known) return known.status();
  MEMO_ASSIGN_OR_RETURN(const auto evicted, evict_all(pool.admin(), SpaceId{options.space}, options.memos));
  if (evicted < options.memos) note("the other memos are pinned or being read, or there are no more");
  return print(options.pool.json, {{"space", options.space}, {"asked", options.memos}, {"evicted", evicted}},
               fmt::format("evicted {} of space {}\n", counted(evicted, "memo"), options.space));
}

Status run_quota(const SpaceOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto space, space_stats(pool.admin(), SpaceId{options.space}));
  const std::uint64_t bytes = options.size == "none" ? 0 : std::stoull(options.size);
  MEMO_RETURN_IF_ERROR(pool.admin().set_quota(SpaceId{options.space}, bytes));
  if (bytes != 0 && space.reserved_bytes > bytes)
    note(fmt::format("space {} takes {} now; {} gives the rest back", options.space,
                     human_bytes(space.reserved_bytes),
                     pool.is_live() ? "memod" : "memod, once it serves the pool,"));
  return print(options.pool.json,
               {{"space", options.space}, {"quota_bytes", bytes}, {"reserved_bytes", space.reserved_bytes}},
               fmt::format("quota of space {}: {}\n", options.space, bytes == 0 ? "none" : human_bytes(bytes)));
}

struct Compaction {
  std::uint64_t moved = 0;
  std::uint64_t freed_bytes = 0;
  bool complete = false;
};

// A step that moved and freed nothing, yet has more to do, waits until views of memos that are gone are released.
Result<Compaction> take_all(const std::string& what, const std::function<Result<CompactStep>()>& take_step) {
  constexpr std::chrono::seconds kPatience{60};
  constexpr std::chrono::milliseconds kPause{50};
  Progress progress(what);
  Compaction done;
  for (auto last = std::chrono::steady_clock::now();;) {
    MEMO_ASSIGN_OR_RETURN(const auto step, take_step());
    done.moved += step.moved;
    done.freed_bytes += step.freed_bytes;
    done.complete = !step.more;
    if (done.complete) return done;
    const auto now = std::chrono::steady_clock::now();
    if (step.moved > 0 || step.freed_bytes > 0) last = now;
    if (now - last > kPatience) return done;
    progress.update(0, done.moved);
    if (step.moved == 0 && step.freed_bytes == 0) std::this_thread::sleep_for(kPause);
  }
}

Status run_compact(const PoolArguments& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto done, take_all("compact", [&] { return pool.admin().compact(); }));
  if (!done.complete) note("an extent is still being read after a minute; try again later for the rest");
  return print(options.json,
               {{"moved", done.moved}, {"freed_bytes", done.freed_bytes}, {"complete", done.complete}},
               fmt::format("moved {}, gave {} back to the pool\n", counted(done.moved, "memo"),
                           human_bytes(done.freed_bytes)));
}

Status run_drop(const SpaceOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  const SpaceId space{options.space};
  if (const auto known = space_stats(pool.admin(), space); !known) return known.status();
  MEMO_ASSIGN_OR_RETURN(const auto done, take_all("drop", [&] { return pool.admin().drop(space); }));
  if (!done.complete) note("an extent is still being read after a minute; try again later for the rest");
  return print(options.pool.json,
               {{"space", options.space},
                {"erased", done.moved},
                {"freed_bytes", done.freed_bytes},
                {"complete", done.complete}},
               fmt::format("erased {} of space {}, gave {} back to the pool\n", counted(done.moved, "memo"),
                           options.space, human_bytes(done.freed_bytes)));
}

// A size, or "none". A quota of 0 bytes would also mean no quota, and surprise a user who meant "nothing".
CLI::Validator quota_size() {
  return CLI::Validator(
      [](std::string& text) {
        if (text == "none") return std::string();
        const auto size = parse_size(text);
        if (!size) return size.status().message();
        if (*size == 0) return std::string("a quota is at least 1 byte; to lift it, say none");
        text = std::to_string(*size);
        return std::string();
      },
      "");
}

}  // namespace

void add_room_commands(CommandSet& commands) {
  const auto evict = std::make_shared<SpaceOptions>();
  evict->add_to(commands.add(kEvict, [evict] { return run_evict(*evict); }))
      .add_option("--memos", evict->memos, "How many")
      ->type_name("N")
      ->required();
  const auto quota = std::make_shared<SpaceOptions>();
  quota->add_to(commands.add(kQuota, [quota] { return run_quota(*quota); }))
      .add_option("SIZE", quota->size, "A number with KiB, MiB, GiB or TiB, or none")
      ->type_name("")
      ->transform(quota_size())
      ->required();
  const auto drop = std::make_shared<SpaceOptions>();
  drop->add_to(commands.add(kDrop, [drop] { return run_drop(*drop); }));
  const auto compact = std::make_shared<PoolArguments>();
  compact->add_to(commands.add(kCompact, [compact] { return run_compact(*compact); }));
}

}  // namespace memo
