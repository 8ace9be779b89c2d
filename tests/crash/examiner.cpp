#include "tests/crash/examiner.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "memod/store/local_store.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kSpaces = 8;            // of the model that are looked for
constexpr std::uint32_t kAll = 1'000'000;       // more than any pool of a test holds
constexpr float kReach = 25;                    // of a similarity lookup: two numbers on either side
constexpr Key kNobodys = {0xdead, 0xdeadbeef};  // a key without a memo

// One store under examination.
class Examination {
 public:
  Examination(std::shared_ptr<Store> store, const Ledger& ledger, Damage damage)
      : store_(std::move(store)), reader_(make_local_store(store_)), ledger_(ledger), damage_(damage) {}

  Verdict run() {
    find_spaces();
    for (const auto& [name, presence] : ledger_.memos()) {
      look_up_exactly(name, presence);
      look_up_similar(name);
    }
    walk();
    if (damage_ == Damage::is_a_violation) check();
    return std::move(verdict_);
  }

 private:
  void violation(std::string text) { verdict_.violations.push_back(std::move(text)); }

  void find_spaces() {
    const StoreStats stats = store_->stats().value();
    for (const SpaceStats& space : stats.spaces) {
      std::optional<std::uint32_t> index;
      for (std::uint32_t i = 0; i < kSpaces; ++i)
        if (space.spec == model_space(i)) index = i;
      if (!index) {
        violation(fmt::format("space {} is one that nobody made", static_cast<std::uint32_t>(space.id)));
        continue;
      }
      ids_[*index] = space.id;
      indexes_[space.id] = *index;
    }
  }

  std::optional<Match> look_up(MemoName name, const LookupItem& item, float max_distance) {
    const auto id = ids_.find(name.space);
    if (id == ids_.end()) return std::nullopt;
    std::optional<Match> match;
    const Status status = reader_->lookup({id->second, name.layer(), max_distance, {&item, 1}}, {&match, 1});
    if (!status) violation(fmt::format("lookup of {}: {}", name.text(), status.message()));
    return match;
  }

  void look_up_exactly(MemoName name, Presence presence) {
    const auto match = look_up(name, {name.key(), {}, 0}, 0);
    ++(match ? verdict_.hits : verdict_.misses);
    if (!match && presence == Presence::must) violation(name.text() + " is lost");
    if (match && presence == Presence::must_not) violation(name.text() + " is back");
    if (match && !equal_payload(*match, name)) violation(name.text() + " has wrong bytes");
  }

  // Any memo may be the answer, but it must be what it says it is, and as near as it says.
  void look_up_similar(MemoName name) {
    const std::vector<float> feature = name.feature();
    const auto match = look_up(name, {kNobodys, feature, 0}, kReach);
    if (!match) return;
    const MemoName answered{name.space, match->key.low};
    const double apart = 10.0 * std::abs(static_cast<double>(answered.number) - static_cast<double>(name.number));
    if (answered.key() != match->key || !ledger_.knows(answered) || answered.layer() != name.layer())
      violation(fmt::format("similarity of {}: answered by key {}", name.text(), match->key.hex()));
    else if (!equal_payload(*match, answered))
      violation(fmt::format("similarity of {}: {} has wrong bytes", name.text(), answered.text()));
    else if (std::abs(match->distance - apart) > 0.01)
      violation(fmt::format("similarity of {}: {} is {} away, not {}", name.text(), answered.text(), apart,
                            match->distance));
  }

  static bool equal_payload(const Match& match, MemoName name) {
    return equal(match.view.payload(), payload(name)) && match.view.payload().size() == payload_bytes(name) &&
           match.view.intact();
  }

  // Nothing is there that nobody published, and the counts add up.
  void walk() {
    const auto stats = store_->stats();
    const auto page = store_->list(0, kAll);
    const bool fewer = damage_ == Damage::is_expected && page->memos.size() < stats->memos;
    if (page->memos.size() != stats->memos && !fewer)
      violation(fmt::format("{} memos are listed, {} counted", page->memos.size(), stats->memos));
    for (const MemoRecord& record : page->memos) {
      const auto index = indexes_.find(record.space);
      if (index == indexes_.end()) continue;
      const MemoName name{index->second, record.key.low};
      if (!ledger_.knows(name) || name.layer() != record.layer || name.key() != record.key)
        violation(fmt::format("key {} in layer {} of space {} was never published", record.key.hex(),
                              static_cast<std::uint32_t>(record.layer), name.space));
    }
  }

  void check() {
    if (const auto stats = store_->stats(); stats->damaged != 0)
      violation(fmt::format("{} memos are damaged", stats->damaged));
    const CheckPage page = store_->check(0, kAll, false).value();
    for (const std::string& line : page.damage) violation(line);
  }

  const std::shared_ptr<Store> store_;
  const std::unique_ptr<MemoStore> reader_;
  const Ledger& ledger_;
  const Damage damage_;
  std::map<std::uint32_t, SpaceId> ids_;
  std::map<SpaceId, std::uint32_t> indexes_;
  Verdict verdict_;
};

}  // namespace

std::string Verdict::text() const {
  std::string text = opened.is_ok() ? "" : "open: " + opened.message() + "\n";
  for (const std::string& line : violations) text += line + "\n";
  return text;
}

StoreOptions examined(const std::string& path) {
  return {.path = path,
          .memory = {.prefault = false},
          .eviction = {.enabled = false},
          .snapshot_interval = std::chrono::hours(1),
          .flat_limit = kFlatLimit};
}

Verdict examine(const std::string& path, const Ledger& ledger, Damage damage) {
  Result<std::unique_ptr<Store>> store = Store::open(examined(path));
  if (!store) return {.opened = store.status(), .violations = {}};
  return examine(std::shared_ptr<Store>(std::move(*store)), ledger, damage);
}

Verdict examine(const std::shared_ptr<Store>& store, const Ledger& ledger, Damage damage) {
  return Examination(store, ledger, damage).run();
}

Result<PublishOutcome> publish(Store& store, MemoName name) {
  MEMO_ASSIGN_OR_RETURN(const SpaceId space, store.open_space(model_space(name.space)));
  const std::vector<float> feature = name.feature();
  const Publication publication{
      .layer = name.layer(), .key = name.key(), .feature = feature, .length = 100, .cost_us = 1};
  return store.publish(space, publication, payload(name));
}

Status erase(Store& store, MemoName name) {
  MEMO_ASSIGN_OR_RETURN(const SpaceId space, store.open_space(model_space(name.space)));
  return store.erase(space, name.layer(), name.key());
}

}  // namespace memo::test
