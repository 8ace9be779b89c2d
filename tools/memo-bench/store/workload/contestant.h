// Contestant: a store that a client of the benchmark asks: memod, or one of its peers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "memo/status.h"
#include "memo/types.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {

struct BenchQuery {
  Key key;
  std::span<const float> feature;  // empty: by key alone
};

struct BenchHit {
  bool found = false;
  bool exact = false;
  Key key;  // of what was found
  float distance = 0;
  std::span<const std::byte> payload;  // readable until release()
};

struct BenchMemo {
  Key key;
  std::span<const float> feature;  // [feature_dimension]
  bool lasting = true;             // false: the first to be evicted
};

// What became of publishes, since the contestant was opened.
struct PublishTotals {
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;  // or dropped, or duplicates
  std::uint64_t waits = 0;    // until there was room for a draft
};

// Threads: one at a time.
class Contestant {
 public:
  virtual ~Contestant() = default;

  // Stores the memo, whose payload is fill_payload() of its key; perhaps later.
  virtual Status publish(const BenchMemo& memo) = 0;
  // Everything published is stored.
  virtual Status flush() = 0;
  virtual PublishTotals publish_totals() const = 0;

  // Requires: hits.size() == queries.size(); what was found before is released.
  virtual Status lookup(std::span<const BenchQuery> queries, std::span<BenchHit> hits) = 0;
  // Gives back what lookup() found. False when some of it may have changed while it was read.
  virtual bool release() = 0;
};

// Where a contestant is found.
struct ContestantPlace {
  std::string folder;    // of its files and its socket
  bool filling = false;  // opened to be filled, by one client, before others open it
};

// memod, listening on FOLDER/socket. Errors: as attach().
Result<std::unique_ptr<Contestant>> open_memod(const Workload& workload, const ContestantPlace& place);

}  // namespace memo
