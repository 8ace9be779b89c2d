#include "tests/crash/damage/damaged_pool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include "memod/store/pool/pool.h"
#include "memod/store/store.h"
#include "tests/crash/examiner.h"
#include "tests/crash/in_child.h"

namespace memo::test {
namespace {

constexpr int kMaxBits = 4;
constexpr MemoName kFurther{0, 1000};  // published while the pool is used
constexpr unsigned kTimeout = 30;      // seconds; a child that takes longer hangs, and dies of SIGALRM

void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("the pool cannot be filled");
}

// The lines of a child's end: a crash may say why before it.
std::string one_line(std::string text) {
  for (char& letter : text)
    if (letter == '\n') letter = ';';
  return text;
}

}  // namespace

DamagedPool::DamagedPool() {
  StoreOptions options = examined(path_);
  options.create_bytes = layout::kMinPoolBytes;
  {
    const auto store = std::move(Store::open(options).value());
    for (std::uint64_t number = 0; number < 40; ++number)
      for (const std::uint32_t space : {0u, 1u, 2u})
        require(number >= 40 - 12 * space || publish(*store, {space, number}).is_ok());
    for (std::uint64_t number = 0; number < 12; number += 3) require(erase(*store, {0, number}).is_ok());
    for (std::uint64_t number = 0; number < 40; ++number)
      for (const std::uint32_t space : {0u, 1u, 2u}) ledger_.set({space, number}, Presence::may);
  }
  ledger_.set(kFurther, Presence::may);
  image_ = std::make_unique<PoolImage>(path_);
}

void DamagedPool::flip(std::uint64_t offset, unsigned bit) const {
  const std::byte value = byte_at(path_, offset) ^ (std::byte{1} << bit);
  overwrite(path_, offset, {&value, 1});
}

void DamagedPool::flip_some(const PoolMap::Part& part, std::mt19937_64& random) const {
  const auto below = [&](std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random);
  };
  for (std::uint64_t bits = 1 + below(kMaxBits); bits > 0; --bits) {
    const Region& region = part.regions[below(part.regions.size())];
    const std::uint64_t offset = region.offset + below(region.bytes);
    flip(offset, static_cast<unsigned>(below(8)));
  }
}

void DamagedPool::spoil_page(std::uint64_t offset, std::uint64_t filling) const {
  std::vector<std::uint64_t> page(layout::kPageBytes / sizeof(std::uint64_t));
  std::mt19937_64 random(filling);
  if (filling != 0)
    for (std::uint64_t& word : page) word = random();
  overwrite(path_, offset / layout::kPageBytes * layout::kPageBytes, std::as_bytes(std::span(page)));
}

std::string DamagedPool::use() const {
  return in_child([this] {
    alarm(kTimeout);
    const std::string first = use_store();
    if (first != kMissed && first != kAllFound) return first;
    const std::string heap = use_heap();
    if (!heap.empty()) return heap;
    const Verdict verdict = examine(path_, ledger_, Damage::is_expected);
    return verdict.is_clean() ? first : "after filling it: " + one_line(verdict.text());
  });
}

std::string DamagedPool::use_store() const {
  Result<std::unique_ptr<Store>> opened = Store::open({.path = path_, .memory = {.prefault = false}});
  if (!opened) return explain(opened.status());
  const std::shared_ptr<Store> store = std::move(*opened);
  const Verdict verdict = examine(store, ledger_, Damage::is_expected);
  if (!verdict.is_clean()) return one_line(verdict.text());
  if (!store->check(0, 1'000'000, true)) return "check failed";
  const CheckPage again = store->check(0, 1'000'000, false).value();
  if (!again.damage.empty()) return "repaired, and yet: " + again.damage.front();
  const auto further = publish(*store, kFurther);
  if (!further && further.status().code() != StatusCode::full) return "publish: " + further.status().message();
  return verdict.hits == memos() ? kAllFound : kMissed;
}

std::string DamagedPool::damage_in_use(const std::function<void()>& damage) const {
  return in_child([&] {
    alarm(kTimeout);
    const std::shared_ptr<Store> store(Store::open({.path = path_, .memory = {.prefault = false}}).value());
    const Verdict sound = examine(store, ledger_);
    if (!sound.is_clean()) return one_line(sound.text());
    damage();
    return go_on(store);
  });
}

// What the store can no longer do it refuses with a reason.
std::string DamagedPool::go_on(const std::shared_ptr<Store>& store) const {
  const auto is_refusal = [](const Status& status) {
    return status.code() == StatusCode::full || status.code() == StatusCode::corrupt;
  };
  const Verdict verdict = examine(store, ledger_, Damage::is_expected);
  if (!verdict.is_clean()) return one_line(verdict.text());
  if (!store->check(0, 1'000'000, true)) return "check failed";
  for (const std::uint32_t space : {3u, 0u, 1u, 2u})
    for (std::uint64_t number = kFurther.number; number < kFurther.number + 600; ++number) {
      const auto published = publish(*store, {space, number});
      if (published) continue;
      if (is_refusal(published.status())) break;
      return "publish: " + published.status().message();
    }
  for (int step = 0; step < 100; ++step) {
    const auto compacted = store->compact();
    if (!compacted && !is_refusal(compacted.status())) return "compact: " + compacted.status().message();
    if (!compacted || !compacted->more) break;
    if (step == 99) return "compacting has no end";
  }
  return verdict.hits == memos() ? kAllFound : kMissed;
}

// Every free chunk is taken once, and given back beside free and used neighbours.
std::string DamagedPool::use_heap() const {
  const auto opened = Pool::open({.path = path_});
  if (!opened) return "opening it again: " + opened.status().message();
  Pool& pool = **opened;
  if (pool.spaces().empty()) return "";
  std::vector<std::uint32_t> added;
  while (const auto extent = pool.add_extent(SpaceId{0})) added.push_back(*extent);
  for (std::size_t start : {0u, 1u})
    for (std::size_t i = start; i < added.size(); i += 2)
      if (const Status removed = pool.remove_extent(added[i]); !removed) return removed.message();
  return "";
}

std::string DamagedPool::explain(const Status& status) const {
  const bool has_code = status.code() == StatusCode::corrupt || status.code() == StatusCode::unsupported;
  const bool names_file = status.message().find(path_) != std::string::npos;
  const bool is_line = status.message().find('\n') == std::string::npos;
  return has_code && names_file && is_line && status.message().size() > path_.size() + 10 ? kRefused
                                                                                          : status.message();
}

void Outcomes::print(const std::string& part) const {
  std::string line;
  for (const auto& [outcome, count] : counts_)
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, outcome);
  fmt::print("{:>22}: {}\n", part, line);
  std::fflush(stdout);
}

bool is_safe(const std::string& outcome) {
  return outcome == kRefused || outcome == kMissed || outcome == kAllFound;
}

}  // namespace memo::test
