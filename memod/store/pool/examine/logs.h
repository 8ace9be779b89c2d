// The logs of libpmemobj's transactions, which it replays or rolls back when it opens a pool.
#pragma once

#include "memo/status.h"
#include "memod/store/pool/examine/pool_bytes.h"

namespace memo {

// Whether libpmemobj can walk every log without leaving it, and would write only where memod's transactions write.
// Makes these changes in `pool`, so that later checks see the pool as libpmemobj will leave it.
// Errors: corrupt, naming the log and the field; those of reading.
Status recover_logs(PoolBytes& pool);

}  // namespace memo
