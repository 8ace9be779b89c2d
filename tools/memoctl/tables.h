// What memoctl prints for people.
#pragma once

#include <string>
#include <vector>

#include "client/inspector.h"
#include "tools/memoctl/inspection.h"

namespace memo {

std::string info_table(const StoreStats& stats);
std::string stat_table(const StoreStats& stats);
// `hidden`: how many more memos there are.
std::string memo_table(const std::vector<MemoRecord>& memos, std::size_t hidden);
std::string check_table(const CheckTotal& total);
// E.g. "1.5 GiB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace memo
