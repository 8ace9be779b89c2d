// SoakOracle: what all clients together were promised, and whether a daemon keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "memo/memo_store.h"
#include "memo/status.h"
#include "tests/crash/soak/soak_log.h"

namespace memo::soak {

struct SoakTotals {
  std::uint64_t kills = 0;
  std::uint64_t client_kills = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t erased = 0;
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t verified = 0;  // memos, after restarts and at the end
  std::uint64_t lost = 0;
  std::uint64_t torn = 0;
  std::uint64_t crossed = 0;
  std::uint64_t evicted = 0;
  double seconds = 0;

  bool is_clean() const { return lost == 0 && torn == 0 && crossed == 0 && evicted == 0; }
};

class SoakOracle {
 public:
  explicit SoakOracle(const std::vector<std::string>& logs);

  // Reads what the clients have logged by now.
  void read_logs();

  // Asks the daemon for all memos that changed since the last call that succeeded, and `sample` of the others.
  // Errors: of reaching the daemon; what it answers wrongly is counted.
  Status verify(const std::string& socket, std::size_t sample, std::mt19937_64& random);
  // Asks for all, and lets the daemon check every payload that it has.
  Status verify_all(const std::string& socket);

  SoakTotals& totals() { return totals_; }
  const std::vector<std::string>& findings() const { return findings_; }

 private:
  struct Entry {
    bool is_promised = false;
    bool is_recent = false;
    std::uint64_t records = 0;  // in the logs, so far
  };
  void note(const SoakRecord& record);
  void finding(std::uint64_t& count, std::string text);
  Status verify(const std::string& socket, const std::vector<MemoId>& memos);
  Status look_up(MemoStore& store, SpaceId space, const std::vector<MemoId>& memos);
  void judge_miss(MemoId memo, const Entry& before);

  std::vector<SoakLogReader> logs_;
  std::map<MemoId, Entry> entries_;
  SoakTotals totals_;
  std::vector<std::string> findings_;  // the first ones
};

}  // namespace memo::soak
