// What memoctl prints for programs; docs/memoctl.1 lists the fields.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "client/store_admin.h"

namespace memo {

nlohmann::json info_json(const StoreStats& stats);
nlohmann::json spaces_json(const StoreStats& stats);
nlohmann::json stat_json(const StoreStats& stats);
nlohmann::json memo_json(const MemoRecord& memo);
nlohmann::json detail_json(const MemoDetail& memo, const SpaceStats& space);

}  // namespace memo
