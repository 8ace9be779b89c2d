// The report's style sheet.
#pragma once

#include <string_view>

namespace memo {

extern const std::string_view kReportStyle;

}  // namespace memo
