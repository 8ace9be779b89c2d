#include "tests/crash/kill/kill_script.h"

#include <algorithm>
#include <stdexcept>

#include "tests/crash/examiner.h"
#include "tests/support/eventually.h"

namespace memo::test {
namespace {

void require(const Status& status) {
  if (!status) throw std::runtime_error(status.message());
}

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

}  // namespace

void Knowledge::note(const Report& report) {
  switch (report.kind) {
    case Report::published:
      return memos.set(report.name, Presence::must);
    case Report::in_doubt:
      return memos.set(report.name, Presence::may);
    case Report::erased:
      return memos.set(report.name, Presence::must_not);
    case Report::about_to_evict:
      return memos.doubt(report.name.space);
    case Report::about_to_pin:
      pins.erase(report.name);
      return;
    case Report::pinned:
    case Report::unpinned:
      pins[report.name] = report.kind == Report::pinned;
      return;
    case Report::about_to_set_quota:
      quotas.erase(report.name.space);
      return;
    case Report::quota_set:
      quotas[report.name.space] = report.name.number;
      return;
  }
}

void KillScript::publish(MemoName name) {
  say_({Report::in_doubt, name});
  require(test::publish(store_, name).status());
  say_({Report::published, name});
}

void KillScript::publish_all(std::uint32_t space, std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t number = first; number < end; ++number) publish({space, number});
}

void KillScript::publish_patiently(MemoName name) {
  say_({Report::in_doubt, name});
  require(eventually([&] { return test::publish(store_, name).is_ok(); }), "no room came");
  say_({Report::published, name});
}

void KillScript::import_pinned(MemoName name) {
  const auto bytes = payload(name);
  MemoDetail memo;
  memo.feature = name.feature();
  memo.record.layer = name.layer();
  memo.record.key = name.key();
  memo.record.length = 100;
  memo.record.pinned = true;
  say_({Report::in_doubt, name});
  require(store_.import(id(name.space), memo, bytes).status());
  say_({Report::published, name});
  say_({Report::pinned, name});
}

void KillScript::erase(MemoName name) {
  say_({Report::in_doubt, name});
  require(test::erase(store_, name));
  say_({Report::erased, name});
}

void KillScript::evict(std::uint32_t space, std::uint64_t memos) {
  expect_eviction(space);
  const Result<std::uint64_t> evicted = store_.evict(id(space), memos);
  require(evicted.status());
  require(*evicted == memos, "fewer memos were evicted");
}

void KillScript::pin(MemoName name, bool pinned) {
  say_({Report::about_to_pin, name});
  require(store_.set_pinned(id(name.space), name.layer(), name.key(), pinned));
  say_({pinned ? Report::pinned : Report::unpinned, name});
}

void KillScript::set_quota(std::uint32_t space, std::uint64_t bytes) {
  say_({Report::about_to_set_quota, {space, bytes}});
  require(store_.set_quota(id(space), bytes));
  say_({Report::quota_set, {space, bytes}});
}

void KillScript::compact() {
  for (bool more = true; more;) {
    const Result<CompactStep> step = store_.compact();
    require(step.status());
    more = step->more;
  }
}

void KillScript::await_reserved_bytes(std::uint32_t space, std::uint64_t most) {
  require(eventually([&] { return stats(space).reserved_bytes <= most; }), "no extent was given back");
}

void KillScript::await_graph(std::uint32_t space) {
  const auto has_graph = [](const LayerStats& layer) { return layer.indexed > 0; };
  require(eventually([&] {
            const SpaceStats stats = this->stats(space);
            return std::any_of(stats.layers.begin(), stats.layers.end(), has_graph);
          }),
          "no graph was built");
}

SpaceId KillScript::id(std::uint32_t space) {
  const Result<SpaceId> id = store_.open_space(model_space(space));
  require(id.status());
  return *id;
}

SpaceStats KillScript::stats(std::uint32_t space) {
  const SpaceId wanted = id(space);
  return store_.stats().value().spaces[static_cast<std::size_t>(wanted)];
}

}  // namespace memo::test
