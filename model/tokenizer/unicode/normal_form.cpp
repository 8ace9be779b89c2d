#include "model/tokenizer/unicode/normal_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {
namespace {

// The second half of the one composition that utf8proc knows and the package does not.
constexpr char32_t kDivesAkuruVowelE = 0x11930;

// Decomposed text, its marks in canonical order.
class Decomposer {
 public:
  explicit Decomposer(bool compatible) : compatible_(compatible) {}

  void push(char32_t c) {
    for (const char32_t part : compatible_ ? decompose_compatibly(c) : decompose(c)) {
      const int order = combining_class(part);
      if (order == 0) finish();
      if (order == 0) {
        points_.push_back(static_cast<utf8proc_int32_t>(part));
      } else {
        marks_.emplace_back(order, part);
      }
    }
  }

  std::vector<utf8proc_int32_t>& finish() {
    const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(marks_.begin(), marks_.end(), before);
    for (const auto& mark : marks_) points_.push_back(static_cast<utf8proc_int32_t>(mark.second));
    marks_.clear();
    return points_;
  }

 private:
  bool compatible_;
  std::vector<utf8proc_int32_t> points_;
  std::vector<std::pair<int, char32_t>> marks_;  // since the last starter
};

void append_composed(utf8proc_int32_t* points, std::size_t size, std::string& out) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t composed = utf8proc_normalize_utf32(points, static_cast<utf8proc_ssize_t>(size), options);
  for (utf8proc_ssize_t i = 0; i < composed; ++i) append_utf8(static_cast<char32_t>(points[i]), out);
}

}  // namespace

std::string to_normal_form(std::string_view text, const NormalForm& form) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string(text);
  Decomposer decomposer(form.compatible);
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

}  // namespace memo
