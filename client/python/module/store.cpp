#include "client/python/module/store.h"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "client/python/module/arguments.h"
#include "client/python/module/durations.h"
#include "client/python/module/errors.h"
#include "client/python/module/match.h"
#include "client/settings/setting_values.h"
#include "memo/attach.h"
#include "memod/store/open_store.h"
#include "memod/store/pool/pool.h"

namespace memo::python {
namespace {

using Microseconds = std::chrono::microseconds;
using Milliseconds = std::chrono::milliseconds;

struct PythonSpace {
  SpaceId id{};
  SpaceSpec spec;
};

// libpmem reads what this sets when the process opens its first pool.
void emulate_persistent_memory_once() {
  [[maybe_unused]] static const bool done = (emulate_persistent_memory(), true);
}

StoreHandle open(const std::string& endpoint, const AttachOptions& options, std::uint64_t pool_bytes) {
  const Endpoint parsed = require(Endpoint::parse(endpoint));
  if (parsed.scheme == Endpoint::Scheme::unix_socket) return StoreHandle(require(attach(endpoint, options)));
  emulate_persistent_memory_once();
  return StoreHandle(require(open_store(endpoint, pool_bytes)));
}

std::unique_ptr<PythonStore> make_store(const std::string& endpoint, const std::string& pool_size,
                                        const AttachOptions& options) {
  const nb::gil_scoped_release released;
  const std::uint64_t pool_bytes = require(parse_size(pool_size));
  return std::make_unique<PythonStore>(open(endpoint, options, pool_bytes), endpoint);
}

// The value of an enumeration that has this name.
template <typename Value>
Value named(std::string_view name, const char* what, std::initializer_list<Value> values) {
  std::string known;
  for (const Value value : values) {
    if (to_string(value) == name) return value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(value));
  }
  throw StatusError({StatusCode::invalid_argument, fmt::format("{} is '{}'; known are {}", what, name, known)});
}

MemoKind kind_named(const std::string& name) {
  return named(name, "kind", {MemoKind::map, MemoKind::trace, MemoKind::output});
}

PayloadEncoding encoding_named(const std::string& name) {
  return named(name, "encoding", {PayloadEncoding::u8_row_scaled, PayloadEncoding::f16, PayloadEncoding::f32});
}

PythonSpace open_space(PythonStore& store, const SpaceSpec& spec) {
  const nb::gil_scoped_release released;
  return {require(store.handle.open().open_space(spec)), spec};
}

std::vector<LookupItem> items_of(const std::vector<nb::bytes>& keys, const std::optional<Features>& features,
                                 std::uint32_t min_length) {
  if (features && features->shape(0) != keys.size())
    throw StatusError({StatusCode::invalid_argument,
                       fmt::format("{} keys need as many features, not {}", keys.size(), features->shape(0))});
  std::vector<LookupItem> items;
  items.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::span<const float> feature;
    if (features) feature = {features->data() + i * features->shape(1), features->shape(1)};
    items.push_back({digest_of(keys[i]), feature, min_length});
  }
  return items;
}

// Shapes: -> [items] lists of at most `neighbours` matches
using Matches = std::vector<std::vector<std::unique_ptr<PythonMatch>>>;

Matches matches_of(std::vector<std::optional<Match>> found, std::size_t neighbours, const StoreHandle& store) {
  Matches matches(found.size() / neighbours);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i]) matches[i / neighbours].push_back(std::make_unique<PythonMatch>(std::move(*found[i]), store));
  return matches;
}

// request: without its items. timeout_s: the store's own where there is none.
Matches look_up(PythonStore& store, const std::vector<nb::bytes>& keys, const std::optional<Features>& features,
                std::uint32_t min_length, LookupRequest request, std::optional<double> timeout_s) {
  const std::vector<LookupItem> items = items_of(keys, features, min_length);
  request.items = items;
  if (timeout_s) request.within = duration_of<Microseconds>(*timeout_s);
  require(check_neighbours(request));
  std::vector<std::optional<Match>> found(count_matches({&request, 1}));
  {
    const nb::gil_scoped_release released;
    require(store.handle.open().lookup(request, found));
  }
  return matches_of(std::move(found), request.neighbours, store.handle);
}

// feature: none: only the key finds the memo.
void publish(PythonStore& store, const PythonSpace& space, const nb::object& payload,
             const std::optional<Feature>& feature, Publication publication) {
  const Buffer buffer(payload);
  const std::vector<float> nowhere(space.spec.feature_dimension, kNowhere);
  publication.feature = feature ? std::span(feature->data(), feature->shape(0)) : std::span(nowhere);
  const nb::gil_scoped_release released;
  MemoStore& open = store.handle.open();
  Draft draft = require(open.draft(space.id, buffer.bytes().size()));
  std::memcpy(draft.payload.data(), buffer.bytes().data(), buffer.bytes().size());
  require(open.publish(std::move(draft), publication));
}

void flush(PythonStore& store, double timeout_s) {
  const auto timeout = duration_of<Milliseconds>(timeout_s);
  const nb::gil_scoped_release released;
  require(store.handle.open().flush(timeout));
}

// Why lookups cannot be answered just now; none: they can.
std::optional<std::string> unavailable_reason(PythonStore& store) {
  const nb::gil_scoped_release released;
  const Status status = store.handle.open().availability();
  return status ? std::nullopt : std::optional(status.message());
}

nb::dict publish_counts(PythonStore& store) {
  const MemoStore::PublishCounts counts = store.handle.open().publish_counts();
  nb::dict dict;
  dict["acknowledged"] = counts.acknowledged;
  dict["duplicates"] = counts.duplicates;
  dict["refused"] = counts.refused;
  dict["dropped"] = counts.dropped;
  dict["refusal"] = counts.refusal;
  return dict;
}

void bind_space(nb::module_& module) {
  nb::class_<PythonSpace>(module, "Space", "All memos that may stand in for one another, in one store.")
      .def_prop_ro("model", [](const PythonSpace& self) { return bytes_of(self.spec.model); })
      .def_prop_ro("kind", [](const PythonSpace& self) { return std::string(to_string(self.spec.kind)); })
      .def_prop_ro("encoding", [](const PythonSpace& self) { return std::string(to_string(self.spec.encoding)); })
      .def_prop_ro("length_bucket", [](const PythonSpace& self) { return self.spec.length_bucket; })
      .def_prop_ro("heads", [](const PythonSpace& self) { return self.spec.heads; })
      .def_prop_ro("feature_dimension", [](const PythonSpace& self) { return self.spec.feature_dimension; })
      .def_prop_ro("payload_bytes", [](const PythonSpace& self) { return self.spec.payload_bytes; });
}

void bind_opening(nb::class_<PythonStore>& store) {
  store.def_static(
      "open",
      [](const std::string& endpoint, const std::string& pool_size, double lookup_timeout, double control_timeout,
         double retry_interval, std::uint64_t draft_bytes, std::uint32_t leases, bool prefault) {
        return make_store(endpoint, pool_size,
                          {duration_of<Microseconds>(lookup_timeout), duration_of<Milliseconds>(control_timeout),
                           draft_bytes, leases, prefault, duration_of<Milliseconds>(retry_interval)});
      },
      nb::arg("endpoint"), nb::kw_only(), nb::arg("pool_size"), nb::arg("lookup_timeout"),
      nb::arg("control_timeout"), nb::arg("retry_interval"), nb::arg("draft_bytes"), nb::arg("leases"),
      nb::arg("prefault"));
  store.def("close", [](PythonStore& self) { self.handle.close(); });
  store.def_prop_ro("endpoint", [](const PythonStore& self) { return self.endpoint; });
  store.def(
      "open_space",
      [](PythonStore& self, const nb::bytes& model, const std::string& kind, const std::string& encoding,
         std::uint32_t length_bucket, std::uint32_t heads, std::uint32_t feature_dimension,
         std::uint64_t payload_bytes) {
        return open_space(self, {.model = digest_of(model),
                                 .kind = kind_named(kind),
                                 .encoding = encoding_named(encoding),
                                 .length_bucket = length_bucket,
                                 .heads = heads,
                                 .feature_dimension = feature_dimension,
                                 .payload_bytes = payload_bytes});
      },
      nb::arg("model"), nb::kw_only(), nb::arg("kind"), nb::arg("encoding"), nb::arg("length_bucket"),
      nb::arg("heads"), nb::arg("feature_dimension"), nb::arg("payload_bytes"));
}

void bind_use(nb::class_<PythonStore>& store) {
  store.def(
      "lookup_batch",
      [](PythonStore& self, const PythonSpace& space, const std::vector<nb::bytes>& keys,
         const std::optional<Features>& features, std::uint32_t layer, std::uint32_t min_length,
         float max_distance, std::uint32_t neighbours, std::optional<double> timeout) {
        return look_up(self, keys, features, min_length,
                       {.space = space.id,
                        .layer = Layer{layer},
                        .max_distance = max_distance,
                        .items = {},
                        .neighbours = neighbours},
                       timeout);
      },
      nb::arg("space"), nb::arg("keys"), nb::arg("features").none(), nb::kw_only(), nb::arg("layer"),
      nb::arg("min_length"), nb::arg("max_distance"), nb::arg("neighbours"), nb::arg("timeout").none());
  store.def(
      "publish",
      [](PythonStore& self, const PythonSpace& space, const nb::bytes& key, const nb::object& payload,
         const std::optional<Feature>& feature, std::uint32_t layer, std::uint32_t length, float cost_us,
         float penalty) {
        publish(self, space, payload, feature,
                {.layer = Layer{layer},
                 .key = digest_of(key),
                 .length = length,
                 .cost_us = cost_us,
                 .penalty = penalty});
      },
      nb::arg("space"), nb::arg("key"), nb::arg("payload"), nb::arg("feature").none(), nb::kw_only(),
      nb::arg("layer"), nb::arg("length"), nb::arg("cost_us"), nb::arg("penalty"));
  store.def("flush", flush, nb::arg("timeout"));
  store.def("publish_counts", publish_counts);
  store.def("unavailable_reason", unavailable_reason);
}

}  // namespace

void bind_store(nb::module_& module) {
  bind_space(module);
  bind_match(module);
  nb::class_<PythonStore> store(module, "Store", "What memod.Store stands on.");
  bind_opening(store);
  bind_use(store);
}

}  // namespace memo::python
