// Counts what became of texts whose results may be kept, and how long that took.
#pragma once

#include <cstdint>

namespace memo {

// In texts.
struct OutputCounters {
  std::uint64_t lookups = 0;  // the store was asked; equal texts of a batch count once
  std::uint64_t hits = 0;
  std::uint64_t repeated = 0;  // equal to another text of their batch, which answers for them
  std::uint64_t gated = 0;     // not asked for, as that does not pay (layer_gate.h)
  std::uint64_t probes = 0;    // asked for nevertheless, to see whether it pays again
  std::uint64_t late = 0;      // not answered within the time that a lookup may take
  std::uint64_t errors = 0;    // answered with an error, or with a memo that cannot be this text's
  std::uint64_t revoked = 0;   // found, but changed while it was read: computed instead
  std::uint64_t computed = 0;
  std::uint64_t published = 0;     // handed to the store; MemoStore::publish_counts says what became of them
  std::uint64_t dropped = 0;       // not published: the store had no draft or was away
  std::uint64_t not_admitted = 0;  // not published: unlikely to be asked for (admission.h)
  std::uint64_t not_exact = 0;     // not published: computed with maps that stood in for its own

  OutputCounters& operator+=(const OutputCounters& other);
  // What was counted since `before`, an earlier copy of the same counters.
  OutputCounters& operator-=(const OutputCounters& before);
};

// All of them, by their names.
struct OutputCounter {
  const char* name;
  std::uint64_t OutputCounters::*count;
};
inline constexpr OutputCounter kOutputCounters[] = {
    {"lookups", &OutputCounters::lookups},    {"hits", &OutputCounters::hits},
    {"repeated", &OutputCounters::repeated},  {"gated", &OutputCounters::gated},
    {"probes", &OutputCounters::probes},      {"late", &OutputCounters::late},
    {"errors", &OutputCounters::errors},      {"revoked", &OutputCounters::revoked},
    {"computed", &OutputCounters::computed},  {"published", &OutputCounters::published},
    {"dropped", &OutputCounters::dropped},    {"not_admitted", &OutputCounters::not_admitted},
    {"not_exact", &OutputCounters::not_exact}};
static_assert(sizeof(kOutputCounters) / sizeof(kOutputCounters[0]) * sizeof(std::uint64_t) ==
              sizeof(OutputCounters));

// Of the calling thread, while the engine's others wait.
struct OutputSeconds {
  double ask = 0;  // keys, lookups and copies of results
  double publish = 0;

  OutputSeconds& operator+=(const OutputSeconds& other);
  OutputSeconds& operator-=(const OutputSeconds& before);
  double sum() const { return ask + publish; }
};

}  // namespace memo
