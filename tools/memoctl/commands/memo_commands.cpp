// pin, unpin, rm: change one memo.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/commands/memo_address.h"
#include "tools/memoctl/output/json.h"
#include "tools/memoctl/pools/open_pool.h"

namespace memo {
namespace {

constexpr CommandText kPin{"pin", kChanging, "Keep a memo from ever being evicted",
                           "Example:\n  memoctl pin unix:/run/memod/memod.sock --space 0 --layer 2 4fa0\n"
                           "--json: done, key, space, layer"};

constexpr CommandText kUnpin{"unpin", kChanging, "Let a pinned memo be evicted again",
                             "Example:\n  memoctl unpin unix:/run/memod/memod.sock --space 0 --layer 2 4fa0\n"
                             "--json: done, key, space, layer"};

constexpr CommandText kRemove{
    "rm", kChanging, "Erase a memo, pinned or not",
    "Its room is free once no inference reads it any more. To find pinned ones: memoctl ls --pinned.\n"
    "Example:\n  memoctl rm unix:/run/memod/memod.sock --space 0 --layer 2 4fa0\n"
    "--json: done, key, space, layer"};

struct MemoOptions {
  PoolArguments pool;
  MemoAddress address;
};

using MemoWork = std::function<Status(StoreAdmin&, const MemoRecord&)>;

// `done`: what was done, as in "erased 4fa0...".
Status change_memo(const MemoOptions& options, const char* done, const MemoWork& work) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto memo, find_memo(pool.admin(), options.address));
  const MemoRecord& record = memo.record;
  MEMO_RETURN_IF_ERROR(work(pool.admin(), record));
  return print(options.pool.json,
               {{"done", done},
                {"key", record.key.hex()},
                {"space", static_cast<std::uint32_t>(record.space)},
                {"layer", static_cast<std::uint32_t>(record.layer)}},
               fmt::format("{} {}\n", done, name_of(record)));
}

void add(CommandSet& commands, const CommandText& text, const char* done, const MemoWork& work) {
  const auto options = std::make_shared<MemoOptions>();
  CLI::App& command = commands.add(text, [options, done, work] { return change_memo(*options, done, work); });
  options->pool.add_to(command);
  options->address.add_to(command);
}

MemoWork pinning(bool pinned) {
  return [pinned](StoreAdmin& store, const MemoRecord& memo) {
    return store.set_pinned(memo.space, memo.layer, memo.key, pinned);
  };
}

}  // namespace

void add_memo_commands(CommandSet& commands) {
  add(commands, kPin, "pinned", pinning(true));
  add(commands, kUnpin, "unpinned", pinning(false));
  add(commands, kRemove, "erased",
      [](StoreAdmin& store, const MemoRecord& memo) { return store.erase(memo.space, memo.layer, memo.key); });
}

}  // namespace memo
