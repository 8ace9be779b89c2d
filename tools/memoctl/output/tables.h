// The tables that memoctl prints for people.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/store_admin.h"

namespace memo {

std::string info_table(const StoreStats& stats);
std::string spaces_table(const StoreStats& stats);
std::string stat_table(const StoreStats& stats);
// `hidden`: how many more memos there are.
std::string memo_table(const std::vector<MemoRecord>& memos, std::size_t hidden);
// A vector: its size and norm, then its numbers, eight a line.
std::string number_lines(std::string_view name, std::span<const float> numbers);
std::string detail_table(const MemoDetail& memo, const SpaceStats& space);

}  // namespace memo
