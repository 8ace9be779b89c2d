#include "tests/crash/order/power_failure.h"

#include <algorithm>
#include <functional>
#include <set>

namespace memo::test {
namespace {

constexpr std::size_t kMaxLinesInFull = 8;

using Chosen = std::vector<bool>;

// Which units belong to the lines of which `mask` has the bit.
Chosen in_lines(const Units& units, const std::vector<std::uint64_t>& lines, std::uint64_t mask) {
  Chosen chosen;
  for (const Unit& unit : units) {
    const auto line = std::find(lines.begin(), lines.end(), unit.line()) - lines.begin();
    chosen.push_back((mask >> line & 1) != 0);
  }
  return chosen;
}

std::vector<std::uint64_t> lines_of(const Units& units) {
  std::set<std::uint64_t> lines;
  for (const Unit& unit : units) lines.insert(unit.line());
  return {lines.begin(), lines.end()};
}

// The subsets that are tried, without repetition.
std::set<Chosen> choices(const Units& pending, int random_subsets, std::mt19937& random) {
  const std::size_t count = pending.size();
  std::set<Chosen> chosen = {Chosen(count, false), Chosen(count, true)};
  for (std::size_t i = 0; i < count; ++i) {
    Chosen alone(count, false), missing(count, true);
    alone[i] = true;
    missing[i] = false;
    chosen.insert({alone, missing});
  }
  const auto lines = lines_of(pending);
  if (lines.size() <= kMaxLinesInFull)
    for (std::uint64_t mask = 0; mask < std::uint64_t{1} << lines.size(); ++mask)
      chosen.insert(in_lines(pending, lines, mask));
  for (int i = 0; i < random_subsets; ++i) {
    // Few, many, or about half of them.
    std::bernoulli_distribution there(std::uniform_real_distribution<>(0, 1)(random));
    Chosen subset(count);
    std::generate(subset.begin(), subset.end(), [&] { return there(random); });
    chosen.insert(subset);
  }
  return chosen;
}

}  // namespace

void PowerFailure::apply(const PersistEvent& event) {
  switch (event.kind) {
    case PersistEvent::store:
      return store(event);
    case PersistEvent::flush:
      return flush(event);
    case PersistEvent::fence:
    case PersistEvent::transaction:  // begins and ends with one
      return fence();
  }
}

void PowerFailure::store(const PersistEvent& event) {
  for (std::uint64_t done = 0; done < event.bytes.size();) {
    Unit unit{.offset = event.offset + done};
    unit.size = std::min(event.bytes.size() - done, 8 - unit.offset % 8);
    std::copy_n(event.bytes.begin() + static_cast<std::ptrdiff_t>(done), unit.size, unit.value.begin());
    pending_.push_back({unit});
    done += unit.size;
  }
}

// A flush writes whole cache lines.
void PowerFailure::flush(const PersistEvent& event) {
  const std::uint64_t first = event.offset / 64;
  const std::uint64_t last = (event.offset + event.size - 1) / 64;
  for (Pending& pending : pending_)
    if (pending.unit.line() >= first && pending.unit.line() <= last) pending.flushed = true;
}

void PowerFailure::fence() {
  for (const Pending& pending : pending_)
    if (pending.flushed) lasting_.push_back(pending.unit);
  std::erase_if(pending_, [](const Pending& pending) { return pending.flushed; });
}

Units PowerFailure::pending() const {
  Units units;
  for (const Pending& pending : pending_) units.push_back(pending.unit);
  return units;
}

void for_each_power_failure(const PersistEvents& events, const FailurePlan& plan, std::mt19937& random,
                            const std::function<bool(const Units&)>& visit) {
  PowerFailure failure;
  if (plan.first_event == 0 && !visit({})) return;
  for (std::size_t event = 0; event < events.size(); ++event) {
    failure.apply(events[event]);
    // A flush makes nothing certain by itself.
    if (event < plan.first_event || events[event].kind == PersistEvent::flush) continue;
    const Units pending = failure.pending();
    for (const Chosen& chosen : choices(pending, plan.random_subsets, random)) {
      Units there = failure.lasting();
      for (std::size_t i = 0; i < pending.size(); ++i)
        if (chosen[i]) there.push_back(pending[i]);
      if (!visit(there)) return;
    }
  }
}

}  // namespace memo::test
