// Examiner: opens a pool that something bad happened to, and compares every answer with what is known of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memo/status.h"
#include "memod/store/store.h"
#include "tests/crash/ledger.h"

namespace memo::test {

struct Verdict {
  Status opened;                        // what Store::open said
  std::vector<std::string> violations;  // a line each
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;

  bool is_clean() const { return opened.is_ok() && violations.empty(); }
  std::string text() const;  // what is wrong, a line each
};

enum class Damage { is_a_violation, is_expected };

// So few that a layer with three memos has a graph, which is saved and loaded.
inline constexpr std::size_t kFlatLimit = 2;

// How a store is opened for an examination: nothing is evicted, indexes are saved at the end. What an earlier course of the
// pool, or one that was killed, left of them is met again.
StoreOptions examined(const std::string& path);

// Opens the pool, asks for every memo of the ledger by key and by similarity, walks over all that is there, and checks
// every payload.
Verdict examine(const std::string& path, const Ledger& ledger, Damage damage = Damage::is_a_violation);

// The same of an open store, which loses no memo by it.
Verdict examine(const std::shared_ptr<Store>& store, const Ledger& ledger, Damage damage = Damage::is_a_violation);

// Publishes the memo into the store's space of that kind, which is made if need be.
Result<PublishOutcome> publish(Store& store, MemoName name);
Status erase(Store& store, MemoName name);

}  // namespace memo::test
