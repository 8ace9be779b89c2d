// check: reads and verifies everything.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

#include "client/process/progress.h"
#include "tools/memoctl/commands/commands.h"
#include "tools/memoctl/output/units.h"
#include "tools/memoctl/pools/open_pool.h"
#include "tools/memoctl/pools/walk.h"

namespace memo {
namespace {

constexpr CommandText kCheck{
    "check", kLooking, "Read every memo and compare its checksums",
    "Example: erase what is damaged, so that everything left can be trusted\n"
    "  memoctl check unix:/run/memod/memod.sock --repair\n"
    "Exit code 0 only when everything is consistent; with --repair, when it is so afterwards. Opening a pool "
    "frees\n"
    "memos whose headers are damaged; without --repair this counts as damage, too.\n"
    "--json: consistent, checked, bytes, damage[] (one line a finding), erased (memos, of them)"};

struct CheckOptions {
  PoolArguments pool;
  bool repair = false;
};

struct Outcome {
  CheckTotal total;
  std::uint64_t erased = 0;
  bool consistent = false;
  bool repairable = false;  // something damaged is still there
};

Result<CheckTotal> check_with_progress(StoreAdmin& store, std::uint64_t memos, bool repair) {
  Progress progress("check");
  return check_all(store, repair, [&](std::uint64_t checked) {
    progress.update(static_cast<double>(checked) / static_cast<double>(std::max<std::uint64_t>(memos, 1)),
                    checked);
  });
}

// Damage that opening the pool has already found and freed.
std::vector<std::string> found_at_opening(const OpenPool& pool, const StoreStats& stats) {
  if (pool.is_live() || stats.damaged == 0) return {};
  return {fmt::format("{} had a damaged header and was freed when the pool was opened",
                      counted(stats.damaged, "memo"))};
}

Result<Outcome> check(const OpenPool& pool, bool repair) {
  MEMO_ASSIGN_OR_RETURN(const auto before, pool.admin().stats());
  MEMO_ASSIGN_OR_RETURN(auto first, check_with_progress(pool.admin(), before.memos, repair));
  Outcome outcome{.total = std::move(first), .erased = 0, .consistent = false, .repairable = false};
  outcome.repairable = !outcome.total.damage.empty();
  const auto at_opening = found_at_opening(pool, before);
  outcome.total.damage.insert(outcome.total.damage.begin(), at_opening.begin(), at_opening.end());
  outcome.consistent = outcome.total.damage.empty();
  if (outcome.consistent || !repair) return outcome;

  MEMO_ASSIGN_OR_RETURN(const auto second, check_with_progress(pool.admin(), before.memos, false));
  outcome.consistent = second.damage.empty();
  MEMO_ASSIGN_OR_RETURN(const auto after, pool.admin().stats());
  outcome.erased = after.damaged - (pool.is_live() ? before.damaged : 0);
  return outcome;
}

std::string table(const Outcome& outcome) {
  std::string text;
  for (const std::string& finding : outcome.total.damage) text += finding + "\n";
  if (outcome.erased > 0) text += fmt::format("erased {}\n", counted(outcome.erased, "damaged memo"));
  return text + fmt::format("{}: {}, {} read\n", outcome.consistent ? "consistent" : "damaged",
                            counted(outcome.total.checked, "memo"), human_bytes(outcome.total.bytes));
}

Status run_check(const CheckOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const auto pool, OpenPool::open(options.pool.endpoint));
  MEMO_ASSIGN_OR_RETURN(const auto outcome, check(pool, options.repair));
  const nlohmann::json json = {{"consistent", outcome.consistent},
                               {"checked", outcome.total.checked},
                               {"bytes", outcome.total.bytes},
                               {"damage", outcome.total.damage},
                               {"erased", outcome.erased}};
  MEMO_RETURN_IF_ERROR(print(options.pool.json, json, table(outcome)));
  if (outcome.consistent) return Status::ok();
  const std::string findings = counted(outcome.total.damage.size(), "finding");
  if (!outcome.repairable) return {StatusCode::corrupt, findings + "; nothing damaged is left"};
  return {StatusCode::corrupt,
          findings + (options.repair ? "; not all of it could be erased"
                                     : "; the memos named are not to be trusted, and --repair "
                                       "erases them")};
}

}  // namespace

void add_check_command(CommandSet& commands) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App& command = commands.add(kCheck, [options] { return run_check(*options); });
  options->pool.add_to(command);
  command.add_flag("--repair", options->repair, "Erase what is damaged");
}

}  // namespace memo
