// The catalog's lock, as an argument: a function that takes one cannot be called without it.
#pragma once

#include <mutex>
#include <shared_mutex>

#include "index/fair_shared_mutex.h"

namespace memo {

// The lock, held shared or exclusively. Only Catalog makes these.
class CatalogLock {
 public:
  CatalogLock(const CatalogLock&) = delete;
  CatalogLock& operator=(const CatalogLock&) = delete;

 protected:
  CatalogLock() = default;
  ~CatalogLock() = default;
};

// For reading spaces and slots.
class CatalogReadLock : public CatalogLock {
  friend struct Catalog;
  explicit CatalogReadLock(FairSharedMutex& mutex) : lock_(mutex) {}
  std::shared_lock<FairSharedMutex> lock_;
};

// For changing them.
class CatalogWriteLock : public CatalogLock {
  friend struct Catalog;
  explicit CatalogWriteLock(FairSharedMutex& mutex) : lock_(mutex) {}
  std::unique_lock<FairSharedMutex> lock_;
};

}  // namespace memo
