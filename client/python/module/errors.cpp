#include "client/python/module/errors.h"

#include <string>

namespace memo::python {
namespace {

namespace nb = nanobind;

void raise(const Status& status) {
  const std::string code(to_string(status.code()));
  const nb::object classes = nb::module_::import_("memod.errors").attr("BY_CODE");
  PyErr_SetString(nb::object(classes[code.c_str()]).ptr(), status.message().c_str());
}

}  // namespace

void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const StatusError& error) {
      raise(error.status());
    }
  });
}

}  // namespace memo::python
