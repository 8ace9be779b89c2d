#include "client/python/module/match.h"

#include <cstdint>

#include "client/python/module/arguments.h"

namespace memo::python {
namespace {

using Payload = nb::ndarray<nb::numpy, const std::uint8_t, nb::ndim<1>>;

// Shapes: -> [bytes]
Payload payload_of(nb::handle_t<PythonMatch> self) {
  const std::span<const std::byte> payload = nb::cast<const PythonMatch&>(self).match().view.payload();
  return Payload(payload.data(), {payload.size()}, self);
}

}  // namespace

PythonMatch::~PythonMatch() {
  match_.view = View();
  store_.close();
}

void bind_match(nb::module_& module) {
  nb::class_<PythonMatch>(module, "Match",
                          "A memo that a lookup found, under lease as long as this or an array of it lives.")
      .def_prop_ro(
          "payload", payload_of,
          "The memo's bytes in this process's own mapping of the pool, not copied: a read-only uint8 array "
          "[bytes]. It keeps the lease and the store. Use it, then ask intact().")
      .def_prop_ro(
          "exact", [](const PythonMatch& self) { return self.match().exact; }, "Whether the key was found.")
      .def_prop_ro(
          "distance", [](const PythonMatch& self) { return self.match().distance; },
          "L2 between the features; 0 when exact.")
      .def_prop_ro(
          "length", [](const PythonMatch& self) { return self.match().length; }, "Tokens of the stored sequence.")
      .def_prop_ro(
          "key", [](const PythonMatch& self) { return bytes_of(self.match().key); },
          "The memo's own key: 16 bytes.")
      .def(
          "intact", [](const PythonMatch& self) { return self.match().view.intact(); },
          "Whether everything that was read from the payload before this call was the memo's. False when the "
          "daemon "
          "took an overdue lease back, or is a new one: what was read is then to be thrown away.");
}

}  // namespace memo::python
