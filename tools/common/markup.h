// Makes any text safe inside of HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace memo {

// The text as markup that shows it, inside an element or a quoted attribute. What is not UTF-8 becomes U+FFFD;
// control characters, which XML does not take, become their pictures (U+2400 ...), except line feed and tab; a
// carriage return becomes a blank.
std::string escaped(std::string_view text);

}  // namespace memo
