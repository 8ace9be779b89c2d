// A match in Python: a leased memo, whose payload arrays are read in place.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <utility>

#include "client/python/module/store_handle.h"
#include "memo/memo_store.h"

namespace memo::python {

// Lifetime: the lease lives as long as this; an array of the payload keeps it. The store stays open as long.
class PythonMatch {
 public:
  PythonMatch(Match match, StoreHandle store) : match_(std::move(match)), store_(std::move(store)) {}
  ~PythonMatch();
  PythonMatch(const PythonMatch&) = delete;
  PythonMatch& operator=(const PythonMatch&) = delete;

  const Match& match() const { return match_; }

 private:
  Match match_;
  StoreHandle store_;
};

void bind_match(nanobind::module_& module);

}  // namespace memo::python
