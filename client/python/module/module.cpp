// memod._core: the C++ below the Python package. What users call, with its documentation, is in Python above it.
#include <nanobind/nanobind.h>

#include "client/python/module/errors.h"
#include "client/python/module/model.h"
#include "client/python/module/store.h"
#include "client/version.h"

NB_MODULE(_core, module) {
  // A program may end while it holds arrays of memos.
  nanobind::set_leak_warnings(false);
  module.attr("__version__") = memo::kVersion;
  memo::python::translate_errors();
  memo::python::bind_store(module);
  memo::python::bind_model(module);
}
