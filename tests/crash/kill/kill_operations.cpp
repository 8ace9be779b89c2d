#include "tests/crash/kill/kill_operations.h"

namespace memo::test {
namespace {

// Two spaces with slots of one size, about 30 in an extent, and one with smaller ones.
constexpr std::uint32_t kLarge = 0;
constexpr std::uint32_t kOtherLarge = 4;
constexpr std::uint32_t kSmall = 1;

void a_few_memos(KillScript& script) {
  script.publish_all(kLarge, 0, 6);
  script.publish_all(kSmall, 0, 6);
}

// No slot of the large space is left, and it may not grow.
void last_slot_taken(KillScript& script) {
  a_few_memos(script);
  const SpaceStats stats = script.stats(kLarge);
  script.set_quota(kLarge, stats.reserved_bytes);
  script.publish_all(kLarge, 6, stats.slots);
}

void one_used_slot(KillScript& script) {
  last_slot_taken(script);
  script.erase({kLarge, 3});
}

void full_extent(KillScript& script) {
  last_slot_taken(script);
  script.set_quota(kLarge, 0);
}

// Two extents; few memos are left in either, one of them pinned.
void sparse_extents(KillScript& script) {
  a_few_memos(script);
  const std::uint64_t end = script.stats(kLarge).slots * 3 / 2;
  script.publish_all(kLarge, 6, end);
  script.pin({kLarge, end - 7}, true);
  for (std::uint64_t number = 0; number < end; ++number)
    if (number % 7 != 0 && number != end - 7) script.erase({kLarge, number});
}

// The large space has taken the whole pool.
void full_pool(KillScript& script) {
  script.publish_all(kSmall, 0, 6);
  std::uint64_t number = 0;
  try {
    while (true) script.publish({kLarge, number++});
  } catch (const std::exception&) {  // full
  }
}

void erase_two(KillScript& script) {
  script.erase({kLarge, 2});
  script.erase({kSmall, 4});
}

void publish_two(KillScript& script) {
  script.publish({kLarge, 100});
  script.publish({kSmall, 100});
}

void pin_and_unpin(KillScript& script) {
  script.pin({kLarge, 2}, true);
  script.pin({kLarge, 3}, true);
  script.pin({kLarge, 2}, false);
}

void lower_quota(KillScript& script) {
  const std::uint64_t half = script.stats(kLarge).reserved_bytes / 2;
  script.expect_eviction(kLarge);
  script.set_quota(kLarge, half);
  script.await_reserved_bytes(kLarge, half);
}

void take_an_extent(KillScript& script) {
  script.expect_eviction(kLarge);
  script.expect_eviction(kSmall);
  script.publish_patiently({kOtherLarge, 100});
}

}  // namespace

const std::vector<KillOperation>& kill_operations() {
  static const std::vector<KillOperation> operations = {
      {"Opening", a_few_memos, [](KillScript&) {}, true, false, MemoName{kLarge, 2}},
      {"PublishIntoFreshSlots", a_few_memos, publish_two},
      {"PublishIntoAUsedSlot", one_used_slot,
       [](KillScript& script) {
         script.publish({kLarge, 100});
       }},
      {"ImportAPinnedMemo", a_few_memos,
       [](KillScript& script) {
         script.import_pinned({kLarge, 100});
       }},
      {"Erase", a_few_memos, erase_two},
      {"EraseAndPublish", last_slot_taken,
       [](KillScript& script) {
         erase_two(script);
         publish_two(script);
       }},
      {"Pin", a_few_memos, pin_and_unpin},
      {"Evict", a_few_memos, [](KillScript& script) { script.evict(kLarge, 4); }},
      {"SaveIndexes", a_few_memos,
       [](KillScript& script) {
         publish_two(script);
         script.await_graph(kLarge);
       },
       false, true},
      {"RaiseQuota", a_few_memos, [](KillScript& script) { script.set_quota(kLarge, 8 << 20); }},
      {"AddSpace", a_few_memos,
       [](KillScript& script) {
         script.publish({kOtherLarge, 1});
       }},
      {"AddExtent", full_extent, [](KillScript& script) { script.publish_all(kLarge, 100, 103); }},
      {"MoveMemosAndRemoveExtent", sparse_extents, [](KillScript& script) { script.compact(); }},
      {"EvictMemosAndRemoveExtent", sparse_extents, lower_quota},
      {"MoveExtentToAnotherSpace", full_pool, take_an_extent},
  };
  return operations;
}

}  // namespace memo::test
