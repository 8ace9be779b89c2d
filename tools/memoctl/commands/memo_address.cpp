#include "tools/memoctl/commands/memo_address.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <vector>

#include "tools/memoctl/commands/command_set.h"
#include "tools/memoctl/pools/walk.h"

namespace memo {
namespace {

constexpr std::size_t kKeyDigits = 32;

Status not_found(const MemoAddress& address) {
  std::string where;
  if (address.layer) where += fmt::format(" in layer {}", *address.layer);
  if (address.space) where += fmt::format(" of space {}", *address.space);
  return {StatusCode::not_found, fmt::format("no memo has a key that starts with {}{}", address.key, where)};
}

Status ambiguous(const MemoAddress& address, const std::vector<MemoRecord>& memos) {
  constexpr std::size_t kNamed = 3;
  std::string text = fmt::format("{} memos have a key that starts with {}: ", memos.size(), address.key);
  for (std::size_t i = 0; i < std::min(kNamed, memos.size()); ++i)
    text += (i == 0 ? "" : ", ") + name_of(memos[i]);
  text += memos.size() > kNamed ? ", ..." : "";
  return {StatusCode::invalid_argument, text + "; give more digits, --space or --layer"};
}

// Requires: 32 hex digits.
Key parse_key(const std::string& digits) {
  return {std::stoull(digits.substr(0, 16), nullptr, 16), std::stoull(digits.substr(16), nullptr, 16)};
}

}  // namespace

void MemoAddress::add_filters_to(CLI::App& command) {
  command.add_option("--space", space, "Only in this space (memoctl spaces)")->type_name("S");
  command.add_option("--layer", layer, "Only in this layer, counted from 0")->type_name("L");
}

void MemoAddress::add_to(CLI::App& command) {
  add_filters_to(command);
  command.add_option("KEY", key, "The memo's key; its first digits do when no other memo has them")
      ->type_name("")
      ->transform(key_prefix())
      ->required();
}

bool MemoAddress::matches(const MemoRecord& memo) const {
  return (!space || static_cast<std::uint32_t>(memo.space) == *space) &&
         (!layer || static_cast<std::uint32_t>(memo.layer) == *layer) && memo.key.hex().starts_with(key);
}

Result<MemoDetail> find_memo(StoreAdmin& store, const MemoAddress& address) {
  if (address.space) {
    if (const auto known = space_stats(store, SpaceId{*address.space}); !known) return known.status();
    // Nothing to search for: one request instead of a walk over the pool.
    if (address.layer && address.key.size() == kKeyDigits)
      return store.show(SpaceId{*address.space}, Layer{*address.layer}, parse_key(address.key));
  }
  MEMO_ASSIGN_OR_RETURN(const auto found,
                        list_memos(store, [&](const MemoRecord& memo) { return address.matches(memo); }));
  if (found.empty()) return not_found(address);
  if (found.size() > 1) return ambiguous(address, found);
  const MemoRecord& memo = found.front();
  return store.show(memo.space, memo.layer, memo.key);
}

std::string name_of(const MemoRecord& memo) {
  return fmt::format("{} (layer {}, space {})", memo.key.hex(), static_cast<std::uint32_t>(memo.layer),
                     static_cast<std::uint32_t>(memo.space));
}

}  // namespace memo
