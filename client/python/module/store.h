// The bindings of a store: spaces, matches with their views, lookups and publishes.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <utility>

#include "client/python/module/store_handle.h"

namespace memo::python {

// What Python calls a store. Threads: any, and calls that may wait let other Python threads run.
struct PythonStore {
  PythonStore(StoreHandle handle, std::string endpoint)
      : handle(std::move(handle)), endpoint(std::move(endpoint)) {}
  ~PythonStore() { handle.close(); }
  PythonStore(const PythonStore&) = delete;
  PythonStore& operator=(const PythonStore&) = delete;

  StoreHandle handle;
  std::string endpoint;
};

void bind_store(nanobind::module_& module);

}  // namespace memo::python
