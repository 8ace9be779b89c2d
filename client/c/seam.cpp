#include "client/c/seam.h"

#include <algorithm>
#include <exception>
#include <new>

#include <fmt/format.h>

namespace memo::c {
namespace {

// MEMO_... has the numbers of StatusCode.
static_assert(MEMO_OK == static_cast<int>(StatusCode::ok));
static_assert(MEMO_INVALID_ARGUMENT == static_cast<int>(StatusCode::invalid_argument));
static_assert(MEMO_NOT_FOUND == static_cast<int>(StatusCode::not_found));
static_assert(MEMO_ALREADY_EXISTS == static_cast<int>(StatusCode::already_exists));
static_assert(MEMO_IN_USE == static_cast<int>(StatusCode::in_use));
static_assert(MEMO_FULL == static_cast<int>(StatusCode::full));
static_assert(MEMO_BUSY == static_cast<int>(StatusCode::busy));
static_assert(MEMO_UNAVAILABLE == static_cast<int>(StatusCode::unavailable));
static_assert(MEMO_DEADLINE_EXCEEDED == static_cast<int>(StatusCode::deadline_exceeded));
static_assert(MEMO_CORRUPT == static_cast<int>(StatusCode::corrupt));
static_assert(MEMO_UNSUPPORTED == static_cast<int>(StatusCode::unsupported));
static_assert(MEMO_INTERNAL == static_cast<int>(StatusCode::internal));
static_assert(sizeof(memo_status) == 4);

memo_status report_internal(std::string_view text, memo_error* error) noexcept {
  write_message(text, error);
  return MEMO_INTERNAL;
}

}  // namespace

void write_message(std::string_view text, memo_error* error) noexcept {
  if (error == nullptr) return;
  const std::size_t length = std::min(text.size(), sizeof(error->message) - 1);
  std::copy_n(text.data(), length, error->message);
  error->message[length] = '\0';
}

memo_status report(const Status& status, memo_error* error) noexcept {
  write_message(status.message(), error);
  return static_cast<memo_status>(status.code());
}

memo_status report_exception(memo_error* error) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return report_internal("no memory left", error);
  } catch (const std::exception& exception) {
    return report_internal(exception.what(), error);
  } catch (...) {
    return report_internal("an exception of unknown type", error);
  }
}

Status check_not_null(const void* pointer, std::string_view name) {
  if (pointer != nullptr) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("{} is NULL", name)};
}

}  // namespace memo::c
