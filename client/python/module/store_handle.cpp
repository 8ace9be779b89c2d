#include "client/python/module/store_handle.h"

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <unistd.h>

#include "client/python/module/errors.h"

namespace memo::python {

StoreHandle::StoreHandle(std::unique_ptr<MemoStore> store)
    : store_(store.release(),
             [owner = getpid()](MemoStore* open) {
               if (getpid() == owner) delete open;
             }),
      owner_(getpid()) {}

MemoStore& StoreHandle::open() const {
  if (!store_) throw StatusError({StatusCode::unavailable, "the store is closed"});
  if (getpid() != owner_)
    throw StatusError({StatusCode::unavailable,
                       fmt::format("the store was opened by process {}, which forked this one, {}: open it here",
                                   owner_, getpid())});
  return *store_;
}

void StoreHandle::close() {
  if (store_.use_count() != 1) return store_.reset();
  const nanobind::gil_scoped_release released;
  store_.reset();
}

}  // namespace memo::python
