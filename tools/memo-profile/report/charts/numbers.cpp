#include "tools/memo-profile/report/charts/numbers.h"

#include <fmt/format.h>

#include <cmath>

namespace memo {
namespace {

constexpr char kDash[] = "–";
constexpr char kMinus[] = "−";
constexpr char kSpace[] = "\u00A0";  // does not break

bool is_zero(const std::string& digits) {
  return digits.find_first_not_of("0.") == std::string::npos;
}

}  // namespace

std::string fixed_point(double value, int decimals) {
  if (!std::isfinite(value)) return kDash;
  const std::string digits = std::fabs(value) < 1e9 ? fmt::format("{:.{}f}", std::fabs(value), decimals)
                                                    : fmt::format("{:.3g}", std::fabs(value));
  return value < 0 && !is_zero(digits) ? kMinus + digits : digits;
}

std::string percent(double share) {
  return fixed_point(100 * share, 1) + kSpace + "%";
}

std::string points(double value) {
  return fixed_point(value, 2);
}

std::string similarity_text(double value) {
  return fixed_point(value, 3);
}

std::string duration(double us) {
  const double size = std::fabs(us);
  const auto shown = [&](double value, const char* unit) {
    return fixed_point(value, std::fabs(value) < 10 ? 2 : std::fabs(value) < 100 ? 1 : 0) + kSpace + unit;
  };
  if (size < 999.5) return shown(us, "µs");
  return size < 999.5e3 ? shown(us / 1e3, "ms") : shown(us / 1e6, "s");
}

std::string percent_range(const Interval& interval) {
  return fmt::format("{} to {}", fixed_point(100 * interval.low, 1), percent(interval.high));
}

std::string points_range(const Interval& interval) {
  return fmt::format("{} to {}", points(interval.low), points(interval.high));
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace memo
