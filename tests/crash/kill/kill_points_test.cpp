// A process that dies before, or in the middle of, any of its persistent stores loses nothing that it has acknowledged
// and leaves nothing torn: each operation is run again and again, killed one event later each time, until it survives.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "memod/store/pool/pool.h"
#include "tests/crash/examiner.h"
#include "tests/crash/kill/killed_process.h"
#include "tests/support/pool/pool_image.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::int64_t kMaxEvents = 5000;
constexpr std::uint64_t kFurther = 10'000;  // numbers that no operation publishes

// How many extents the pool can have, those that it has included: falls when room is lost.
std::size_t room_for_extents(const std::string& path) {
  const auto pool = Pool::open({.path = path});
  if (!pool) return 0;
  while ((*pool)->add_extent(SpaceId{0})) {
  }
  const auto extents = (*pool)->extents();
  return static_cast<std::size_t>(
      std::count_if(extents.begin(), extents.end(), [](const auto& record) { return record.slot_count > 0; }));
}

void damage_header(const std::string& path, MemoName name) {
  std::uint64_t offset = 0;
  {
    const auto pool = Pool::open({.path = path});
    const auto extents = (*pool)->extents();
    for (std::uint32_t extent = 0; extent < extents.size(); ++extent)
      for (std::uint32_t index = 0; index < extents[extent].slot_count; ++index) {
        const SlotId slot = SlotId::make(extent, index);
        if ((*pool)->header(slot).key_low == name.number && extents[extent].space == name.space)
          offset = (*pool)->state_word_offset(slot);
      }
  }
  const std::byte damage{0xff};
  overwrite(path, offset + offsetof(layout::SlotHeader, length), {&damage, 1});
}

class KillPoints : public testing::TestWithParam<KillOperation> {
 protected:
  void SetUp() override {
    StoreOptions options = examined(path_);
    options.create_bytes = layout::kMinPoolBytes;
    {
      const auto store = std::move(Store::open(options).value());
      KillScript script(*store, [this](const Report& report) { prepared_.note(report); });
      GetParam().prepare(script);
    }
    if (const auto damaged = GetParam().damaged) {
      damage_header(path_, *damaged);
      prepared_.memos.set(*damaged, Presence::must_not);
    }
    image_ = std::make_unique<PoolImage>(path_);
    room_ = room_for_extents(path_);
  }

  // Kills the operation at every event; returns how many there were.
  std::int64_t kill_everywhere(Death death) {
    for (std::int64_t at = 1; at < kMaxEvents; ++at) {
      SCOPED_TRACE(testing::Message() << "killed at event " << at);
      image_->restore(path_);
      Knowledge knowledge = prepared_;
      const int status = run_and_kill(GetParam(), path_, death, at, knowledge);
      verify(knowledge);
      if (WIFEXITED(status)) {
        EXPECT_EQ(WEXITSTATUS(status), 0) << "the operation failed by itself";
        return at - 1;
      }
      if (HasFailure()) return at;
    }
    ADD_FAILURE() << "never survived";
    return kMaxEvents;
  }

  void verify(const Knowledge& knowledge) {
    {
      Result<std::unique_ptr<Store>> opened = Store::open(examined(path_));
      ASSERT_TRUE(opened.is_ok()) << opened.status().message();
      const std::shared_ptr<Store> store = std::move(*opened);
      const Damage damage = GetParam().damaged ? Damage::is_expected : Damage::is_a_violation;
      ASSERT_EQ(examine(store, knowledge.memos, damage).text(), "");
      verify_pins_and_quotas(*store, knowledge);
      verify_free_slots(*store, knowledge);
    }
    EXPECT_EQ(room_for_extents(path_), room_) << "room is lost";
  }

  static void verify_pins_and_quotas(Store& store, const Knowledge& knowledge) {
    for (const auto& [name, pinned] : knowledge.pins) {
      if (knowledge.memos.memos().at(name) == Presence::must_not) continue;
      const auto memo = store.show(store.open_space(model_space(name.space)).value(), name.layer(), name.key());
      EXPECT_TRUE(!memo || memo->record.pinned == pinned) << name.text();
    }
    const StoreStats stats = store.stats().value();
    for (const auto& [index, bytes] : knowledge.quotas)
      for (const SpaceStats& space : stats.spaces)
        EXPECT_TRUE(space.spec != model_space(index) || space.quota_bytes == bytes) << "space " << index;
  }

  // Every slot that holds no memo takes one.
  static void verify_free_slots(Store& store, const Knowledge& knowledge) {
    Ledger expected = knowledge.memos;
    const StoreStats stats = store.stats().value();
    for (const SpaceStats& space : stats.spaces) {
      ASSERT_TRUE(store.set_quota(space.id, std::max<std::uint64_t>(space.reserved_bytes, 1)).is_ok());
      std::uint32_t index = 0;
      while (model_space(index) != space.spec) ++index;
      std::uint64_t taken = 0;
      while (publish(store, {index, kFurther + taken})) ++taken;
      EXPECT_EQ(taken, space.slots - space.memos) << "space " << index;
    }
    const CheckPage page = store.check(0, 1'000'000, false).value();
    EXPECT_TRUE(page.damage.empty()) << page.damage.front();
  }

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
  Knowledge prepared_;
  std::unique_ptr<PoolImage> image_;
  std::size_t room_ = 0;
};

TEST_P(KillPoints, DeathBeforeAnyStoreFlushFenceOrCommitLosesNothing) {
  const std::int64_t points = kill_everywhere(Death::before_event);
  EXPECT_GE(points, 3);
  RecordProperty("kill_points", static_cast<int>(points));
}

TEST_P(KillPoints, DeathWithinAnyStoreLosesNothing) {
  const std::int64_t points = kill_everywhere(Death::within_a_store);
  RecordProperty("kill_points", static_cast<int>(points));
}

INSTANTIATE_TEST_SUITE_P(Operations, KillPoints, testing::ValuesIn(kill_operations()),
                         [](const auto& info) { return info.param.name; });

}  // namespace

void PrintTo(const KillOperation& operation, std::ostream* stream) {
  *stream << operation.name;
}

}  // namespace memo::test
