// The seam between C++ and C: a Status becomes a number and a text, and no exception gets through.
#pragma once

#include <string_view>

#include "memo/memo.h"
#include "memo/status.h"

namespace memo::c {

// Writes the message of `status` to *error, unless that is null, and returns the code.
memo_status report(const Status& status, memo_error* error) noexcept;
// The same for the exception that is being handled.
memo_status report_exception(memo_error* error) noexcept;

// Cuts `text` to what a memo_error holds.
void write_message(std::string_view text, memo_error* error) noexcept;

// Runs `call`, which returns a Status.
template <typename Call>
memo_status guarded(memo_error* error, Call&& call) noexcept {
  try {
    return report(call(), error);
  } catch (...) {
    return report_exception(error);
  }
}

// Errors: invalid_argument.
Status check_not_null(const void* pointer, std::string_view name);

}  // namespace memo::c
