// What memoctl prints for programs; the fields are documented in its --help.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "client/inspector.h"
#include "tools/memoctl/inspection.h"

namespace memo {

nlohmann::json info_json(const StoreStats& stats);
nlohmann::json stat_json(const StoreStats& stats);
nlohmann::json memos_json(const std::vector<MemoRecord>& memos, std::size_t hidden);
nlohmann::json check_json(const CheckTotal& total);

}  // namespace memo
