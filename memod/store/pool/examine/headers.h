// The fixed parts of a pool: libpmemobj's header, its descriptor, and the fields beside it that no checksum
// covers.
#pragma once

#include "memo/status.h"
#include "memod/store/pool/examine/pmdk_format.h"
#include "memod/store/pool/examine/pool_bytes.h"

namespace memo {

// Whether the header and the descriptor are as libpmemobj made them, and the file has the length that it had then.
// Errors: corrupt, naming the field; unsupported (another version of libpmemobj's format); those of reading.
Status check_headers(const PoolBytes& pool);

// How many bytes of a file libpmemobj uses: whole pages; for a device, whole pages of its own size.
std::uint64_t usable_bytes(const BackedFile& file);

}  // namespace memo
