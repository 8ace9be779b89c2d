#include "client/settings/setting_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace memo {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// A whole number with one of the units.
template <std::size_t N>
Result<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units,
                                      std::string_view expected) {
  const Status wrong(StatusCode::invalid_argument, fmt::format("must be {}, not \"{}\"", expected, text));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto unit = std::find_if(units.begin(), units.end(), [name](const Unit& u) { return u.name == name; });
  if (error != std::errc{} || unit == units.end()) return wrong;
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit->factor) return wrong;
  return number * unit->factor;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<Unit, 5> kUnits = {
      {{"", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}}};
  return parse_with_unit(text, kUnits, "a number with KiB, MiB, GiB or TiB, such as 4GiB");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 5> kUnits = {{{"", 1000}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}}};
  MEMO_ASSIGN_OR_RETURN(const auto number,
                        parse_with_unit(text, kUnits, "a number with ms, s, min or h, such as 30s"));
  return std::chrono::milliseconds(number);
}

Result<double> parse_share(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest == "%") number /= 100;
  if (error != std::errc{} || !(rest.empty() || rest == "%") || !(number >= 0 && number <= 1))
    return Status(StatusCode::invalid_argument,
                  fmt::format("must be a share such as 0.95 or 95%, not \"{}\"", text));
  return number;
}

Result<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0)
    return Status(StatusCode::invalid_argument, fmt::format("must be a whole number from 1 on, not \"{}\"", text));
  return number;
}

Result<bool> parse_switch(std::string_view text) {
  if (text == "on" || text == "true") return true;
  if (text == "off" || text == "false") return false;
  return Status(StatusCode::invalid_argument, fmt::format("must be on or off, not \"{}\"", text));
}

}  // namespace memo
