// The fixed parts of a pool: libpmemobj's header, its descriptor, and the fields beside it that no checksum covers.
#pragma once

#include "memo/status.h"
#include "memod/pool/examine/pmdk_format.h"
#include "memod/pool/examine/pool_bytes.h"

namespace memo {

// Whether the header and the descriptor are as libpmemobj made them, and the file as long as it was then.
// Errors: corrupt, naming the field; unsupported (another version of libpmemobj's format); those of reading.
Status check_headers(const PoolBytes& pool);

// The bytes that libpmemobj uses of a file: whole pages, of a device its own.
std::uint64_t usable_bytes(const BackedFile& file);

}  // namespace memo
