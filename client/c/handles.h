// What is behind the handles of memo.h.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "memo/memo.h"
#include "memo/memo_store.h"

struct memo_client {
  std::unique_ptr<memo::MemoStore> store;

  std::mutex mutex;
  std::vector<std::uint32_t> feature_dimensions;  // under mutex, by space
};

struct memo_view {
  memo::Match match;
};

struct memo_draft {
  memo::Draft draft;
  std::uint32_t feature_dimension = 0;  // of its space
};
