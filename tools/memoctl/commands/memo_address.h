// MemoAddress: which memo a command line means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/store_admin.h"

namespace CLI {
class App;
}

namespace memo {

struct MemoAddress {
  std::optional<std::uint32_t> space;
  std::optional<std::uint32_t> layer;
  std::string key;  // the first hex digits, or all 32; empty: any

  // --space and --layer, which narrow what is looked at.
  void add_filters_to(CLI::App& command);
  // These, and KEY.
  void add_to(CLI::App& command);
  bool matches(const MemoRecord& memo) const;
};

// The one memo that the address matches.
// Errors: not_found; invalid_argument when it matches several, naming some.
Result<MemoDetail> find_memo(StoreAdmin& store, const MemoAddress& address);

// E.g. "0123... (layer 2, space 0)".
std::string name_of(const MemoRecord& memo);

}  // namespace memo
