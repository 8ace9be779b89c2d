// Lists of numbers as the kernel writes them, of cores and of nodes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace memo {

// "7", and nothing but digits. Nothing where it is no number, or one that is not below `end`.
std::optional<int> parse_number(std::string_view text, int end);

// "0-2,5": the numbers in the order of the text. Nothing where it is no such list, or a number is not below `end`.
std::optional<std::vector<int>> parse_number_list(std::string_view text, int end);

}  // namespace memo
