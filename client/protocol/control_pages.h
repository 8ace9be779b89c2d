// Answers of a StoreAdmin, in the form that control.capnp defines.
#pragma once

#include "client/protocol/control.capnp.h"
#include "client/protocol/control_messages.h"

namespace memo {

void write_stats_page(const StatsPage& page, wire::Stats::Builder out);
void write_memo_page(const MemoPage& page, wire::MemoPage::Builder out);
void write_check_page(const CheckPage& page, wire::CheckPage::Builder out);
void write_memo_detail(const MemoDetail& memo, wire::MemoDetail::Builder out);

// Errors: invalid_argument (a space that cannot exist).
Result<StatsPage> read_stats_page(wire::Stats::Reader page);
MemoPage read_memo_page(wire::MemoPage::Reader page);
CheckPage read_check_page(wire::CheckPage::Reader page);
MemoDetail read_memo_detail(wire::MemoDetail::Reader memo);

}  // namespace memo
