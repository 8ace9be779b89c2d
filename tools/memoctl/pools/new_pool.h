// NewPool: a pool that gets its name when it is complete.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "memod/store/store.h"

namespace memo {

class NewPool {
 public:
  // Makes PATH.partial, of `bytes`; nothing is ever evicted from it. PATH must not exist.
  // Errors: already_exists, invalid_argument (size, folder), in_use, full (file system).
  static Result<NewPool> create(const std::string& path, std::uint64_t bytes);
  NewPool(NewPool&&) = default;
  NewPool& operator=(NewPool&&) = delete;
  ~NewPool();  // removes a pool that did not get its name

  Store& store() const { return *store_; }

  // Closes the pool, writes it to its storage, and gives it its name, unless something else has that by now.
  // Durability: the whole pool, also after a power failure, when the file system keeps such promises.
  // Errors: already_exists, internal.
  Status finish();

 private:
  NewPool(std::string path, std::unique_ptr<Store> store) : path_(std::move(path)), store_(std::move(store)) {}

  std::string path_;
  std::unique_ptr<Store> store_;  // null when finished or moved from
};

}  // namespace memo
