// SoakClient: one client process of a soak. Publishes, looks up, holds views and erases at random until it is killed.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "client/attached/control_client.h"
#include "memo/memo_store.h"
#include "tests/crash/soak/soak_log.h"

namespace memo::soak {

struct SoakClientOptions {
  std::string socket;
  std::string log;
  std::uint32_t client = 0;  // 0 .. kClients - 1
  std::uint64_t seed = 0;
};

class SoakClient {
 public:
  // Takes up where its log ends. Errors: exceptions, when it cannot start.
  explicit SoakClient(const SoakClientOptions& options);
  // Goes on whatever the daemon does.
  [[noreturn]] void run();

 private:
  static constexpr std::uint64_t kMaxBatch = 32;  // items that a call looks up, publishes or erases

  enum class State { absent, in_doubt, present };
  struct Held {
    MemoId memo;
    View view;
  };

  void replay_log();
  void publish_batch();
  // Empty unless every publish was acknowledged.
  std::vector<MemoId> publish_and_flush(const std::vector<MemoId>& memos);
  bool publish(MemoId memo);
  void look_up_batch();
  void judge_answer(MemoId asked, const Match& match);
  void report(Answer answer, MemoId memo);
  void erase_some();
  void drop_views(std::size_t most);
  void count(std::uint64_t lookups, std::uint64_t hits);

  MemoId random_own_memo();
  MemoId random_memo();
  std::uint64_t below(std::uint64_t limit);
  bool is_present(MemoId memo) const;

  const SoakClientOptions options_;
  std::mt19937_64 random_;
  SoakLogWriter log_;
  std::unique_ptr<MemoStore> store_;
  std::unique_ptr<ControlClient> control_;
  std::vector<SpaceId> spaces_;
  std::uint32_t leases_ = 0;
  std::map<MemoId, State> own_;
  std::deque<Held> held_;
};

}  // namespace memo::soak
