#include "client/settings/number_list.h"

#include <charconv>

namespace memo {

std::optional<int> parse_number(std::string_view text, int end) {
  int number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || rest != text.data() + text.size() || number < 0 || number >= end)
    return std::nullopt;
  return number;
}

namespace {

// "4" or "4-7". False when it is neither.
bool add_range(std::string_view text, int end, std::vector<int>& numbers) {
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash), end);
  const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1), end);
  if (!first || !last || *first > *last) return false;
  for (int number = *first; number <= *last; ++number) numbers.push_back(number);
  return true;
}

}  // namespace

std::optional<std::vector<int>> parse_number_list(std::string_view text, int end) {
  std::vector<int> numbers;
  while (true) {
    const std::size_t comma = text.find(',');
    if (!add_range(text.substr(0, comma), end, numbers)) return std::nullopt;
    if (comma == std::string_view::npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace memo
