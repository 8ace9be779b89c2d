#include "model/tokenizer/unicode/normal_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {
namespace {

// The second half of the one composition that utf8proc knows and the package does not.
constexpr char32_t kDivesAkuruVowelE = 0x11930;

// A character as it is kept: alone, or with its change.
utf8proc_int32_t point_of(utf8proc_int32_t /*kind*/, char32_t c, int /*change*/) {
  return static_cast<utf8proc_int32_t>(c);
}
CharacterChange point_of(CharacterChange /*kind*/, char32_t c, int change) {
  return {c, change};
}

// Decomposed text, its marks in canonical order.
template <typename Point>
class Decomposer {
 public:
  explicit Decomposer(bool compatible) : compatible_(compatible) {}

  void push(char32_t c) {
    int change = 0;  // the parts of a character after its first are new
    for (const char32_t part : compatible_ ? decompose_compatibly(c) : decompose(c)) {
      const int order = combining_class(part);
      if (order == 0) finish();
      if (order == 0) {
        points_.push_back(point_of(Point(), part, change));
      } else {
        marks_.emplace_back(order, point_of(Point(), part, change));
      }
      change = 1;
    }
  }

  std::vector<Point>& finish() {
    const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(marks_.begin(), marks_.end(), before);
    for (const auto& mark : marks_) points_.push_back(mark.second);
    marks_.clear();
    return points_;
  }

 private:
  bool compatible_;
  std::vector<Point> points_;
  std::vector<std::pair<int, Point>> marks_;  // since the last starter
};

std::optional<char32_t> composed(char32_t first, char32_t second) {
  if (second == kDivesAkuruVowelE) return std::nullopt;
  utf8proc_int32_t pair[] = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  if (utf8proc_normalize_utf32(pair, 2, options) != 1) return std::nullopt;
  return static_cast<char32_t>(pair[0]);
}

// Composes each starter with what follows and is not blocked by a mark of the same or a higher class before it.
std::vector<CharacterChange> compose_changes(const std::vector<CharacterChange>& points) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<CharacterChange> out;
  std::size_t starter = kNone;
  int highest = -1;  // highest class of the marks after the starter
  for (const CharacterChange& point : points) {
    const int order = utf8proc_get_property(static_cast<utf8proc_int32_t>(point.character))->combining_class;
    if (starter != kNone && order > highest) {
      if (const auto found = composed(out[starter].character, point.character)) {
        out[starter] = {*found, out[starter].change + point.change - 1};
        continue;
      }
    }
    if (order == 0) starter = out.size();
    highest = order == 0 ? -1 : std::max(highest, order);
    out.push_back(point);
  }
  return out;
}

void append_composed(utf8proc_int32_t* points, std::size_t size, std::string& out) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t composed = utf8proc_normalize_utf32(points, static_cast<utf8proc_ssize_t>(size), options);
  for (utf8proc_ssize_t i = 0; i < composed; ++i) append_utf8(static_cast<char32_t>(points[i]), out);
}

}  // namespace

std::string to_normal_form(std::string_view text, const NormalForm& form) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string(text);
  Decomposer<utf8proc_int32_t> decomposer(form.compatible);
  for (std::size_t position = 0; position < text.size();) decomposer.push(next_code_point(text, position));
  std::vector<utf8proc_int32_t>& points = decomposer.finish();
  std::string out;
  out.reserve(text.size());
  if (!form.composed) {
    for (const utf8proc_int32_t point : points) append_utf8(static_cast<char32_t>(point), out);
    return out;
  }
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin + 1;
    while (end < points.size() && static_cast<char32_t>(points[end]) != kDivesAkuruVowelE) ++end;
    append_composed(points.data() + begin, end - begin, out);
    begin = end;
  }
  return out;
}

std::vector<CharacterChange> normal_form_changes(std::string_view text, const NormalForm& form) {
  Decomposer<CharacterChange> decomposer(form.compatible);
  for (std::size_t position = 0; position < text.size();) decomposer.push(next_code_point(text, position));
  std::vector<CharacterChange>& points = decomposer.finish();
  return form.composed ? compose_changes(points) : std::move(points);
}

}  // namespace memo
