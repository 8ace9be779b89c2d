// Status and Result: expected failures as values.
//
// Expected failures (full, not found, bad input, peer gone) are returned, never thrown. A message says what
// was wrong, with the value and the limit, and what to do about it.
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace memo {

enum class StatusCode {
  ok,
  invalid_argument,   // the caller's input cannot be used: fix it and call again
  not_found,          // a named thing does not exist
  already_exists,     // a name is taken
  in_use,             // another process holds it
  full,               // no room in the pool; nothing was changed
  busy,               // no free draft, lease or ring cell just now; try later, or do without
  unavailable,        // the daemon is gone or not reachable
  deadline_exceeded,  // no answer in time; the answer, if it still comes, is discarded
  corrupt,            // stored bytes fail a check
  unsupported,        // a version or feature that this build does not know
  internal,           // a library or system call failed unexpectedly
};

// The code's name, e.g. "invalid_argument".
std::string_view to_string(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status ok() { return {}; }

  bool is_ok() const { return code_ == StatusCode::ok; }
  explicit operator bool() const { return is_ok(); }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::ok;
  std::string message_;
};

// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Status status) : state_(std::move(status)) { assert(!std::get<Status>(state_).is_ok()); }

  bool is_ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return is_ok(); }

  // Ok when there is a value.
  Status status() const { return is_ok() ? Status::ok() : std::get<Status>(state_); }

  // Requires: is_ok().
  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<Status, T> state_;
};

}  // namespace memo

// Leaves the function with the status of `expression` unless it is ok.
#define MEMO_RETURN_IF_ERROR(expression)                                                \
  do {                                                                                  \
    if (::memo::Status memo_status_ = (expression); !memo_status_) return memo_status_; \
  } while (false)

// Gives `declaration`, a new variable or an existing one, the value of a Result, or leaves the function with the
// Result's status. It declares, so it is more than one statement: an `if` or a loop needs braces around it.
#define MEMO_ASSIGN_OR_RETURN(declaration, ...) \
  MEMO_ASSIGN_OR_RETURN_BY(MEMO_PASTE(memo_result_, __LINE__), declaration, __VA_ARGS__)
#define MEMO_ASSIGN_OR_RETURN_BY(result, declaration, ...) \
  auto result = (__VA_ARGS__);                             \
  if (!result) return result.status();                     \
  declaration = std::move(*result)
#define MEMO_PASTE(left, right) MEMO_PASTE_TOKENS(left, right)
#define MEMO_PASTE_TOKENS(left, right) left##right
