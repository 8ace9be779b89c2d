// Ledger: what a test knows of the memos that a pool must, may and must not hold.
#pragma once

#include <map>

#include "tests/crash/memo_model.h"

namespace memo::test {

enum class Presence { must, may, must_not };

class Ledger {
 public:
  void set(MemoName name, Presence presence) { memos_[name] = presence; }
  // From here on any memo of the space may be gone: something is evicted.
  void doubt(std::uint32_t space) {
    for (auto& [name, presence] : memos_)
      if (name.space == space && presence == Presence::must) presence = Presence::may;
  }
  const std::map<MemoName, Presence>& memos() const { return memos_; }
  bool knows(MemoName name) const { return memos_.contains(name); }

 private:
  std::map<MemoName, Presence> memos_;
};

}  // namespace memo::test
