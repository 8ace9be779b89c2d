// DamagedPool: a small closed pool whose memos are known, to be damaged again and again and used in a child.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "tests/crash/damage/pool_map.h"
#include "tests/crash/ledger.h"
#include "tests/support/pool/pool_image.h"
#include "tests/support/temp_dir.h"

namespace memo {
class Status;
class Store;
}  // namespace memo

namespace memo::test {

// What a use says; anything else is a violation.
inline constexpr char kRefused[] = "refused";  // with a message that names the file and what is wrong
inline constexpr char kMissed[] = "missed";    // some memos are gone, no answer is wrong
inline constexpr char kAllFound[] = "all found";

class DamagedPool {
 public:
  DamagedPool();

  const std::string& path() const { return path_; }
  const Ledger& ledger() const { return ledger_; }
  std::uint64_t memos() const { return 40 + 28 + 16 - 4; }

  // As it was made.
  void restore() const { image_->restore(path_); }
  // Flips bit 0 to 7 of a byte.
  void flip(std::uint64_t offset, unsigned bit) const;
  // Flips one to four bits in regions of the part.
  void flip_some(const PoolMap::Part& part, std::mt19937_64& random) const;
  // Fills the page around `offset` with zeros, or with what follows from another `filling`.
  void spoil_page(std::uint64_t offset, std::uint64_t filling) const;

  // Opens the pool in a child as a user does, with eviction: looks up, lists and checks all, repairs, publishes; then
  // fills it with extents and removes these, and looks up again.
  std::string use() const;

  // The same the other way round: opens the pool in a child and looks up all of it, calls `damage`, and goes on: looks up,
  // checks and repairs, publishes into old and new spaces until it is full, drops a space, closes it.
  std::string damage_in_use(const std::function<void()>& damage) const;

 private:
  std::string use_store() const;
  std::string go_on(const std::shared_ptr<Store>& store) const;
  std::string use_heap() const;
  std::string explain(const Status& status) const;

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
  Ledger ledger_;
  std::unique_ptr<PoolImage> image_;
};

// What came of the trials of one part.
class Outcomes {
 public:
  void add(const std::string& outcome) { ++counts_[outcome]; }
  // A line for people.
  void print(const std::string& part) const;

 private:
  std::map<std::string, std::uint64_t> counts_;
};

// Whether a trial ended as it may.
bool is_safe(const std::string& outcome);

}  // namespace memo::test
