#include <cstdint>

#include "model/memo/kernels/map_kernels.h"
#include "model/memo/kernels/variants.h"

#define MEMO_LANES 16
#define MEMO_TILE_ROWS 8
#define MEMO_TILE_VECTORS 2
#define MEMO_BROADCAST_IS_FREE 1
#include "model/memo/kernels/kernels.inc"

namespace memo {

const MapKernels kAvx512MapKernels{"avx512", context_of_head, encode_row};

}  // namespace memo
