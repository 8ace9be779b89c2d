// How a Status reaches Python: as an exception of memod.errors, by its code.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <utility>

#include "memo/status.h"

namespace memo::python {

// Carries a status that is not ok to the seam, which raises it.
class StatusError : public std::exception {
 public:
  explicit StatusError(Status status) : status_(std::move(status)) {}
  const char* what() const noexcept override { return status_.message().c_str(); }
  const Status& status() const { return status_; }

 private:
  Status status_;
};

inline void require(const Status& status) {
  if (!status) throw StatusError(status);
}

template <typename T>
T require(Result<T> result) {
  if (!result) throw StatusError(result.status());
  return std::move(*result);
}

// Makes Python see a StatusError as the exception of its code.
void translate_errors();

}  // namespace memo::python
