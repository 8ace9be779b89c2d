#include <cstddef>
#include <cstdint>

#include "model/kernels/kernels.h"
#include "model/kernels/variants.h"

#define MEMO_LANES 8
#define MEMO_TILE_ROWS 6
#define MEMO_BF16 0
#define MEMO_VNNI 0
#define MEMO_F16C 1
#include "model/kernels/all.inc"

namespace memo {

const Kernels kAvx2Kernels{
    .name = "avx2",
    .bf16 = false,
    .attention_f32 = attention_of_head<Float>,
    .attention_bf16 = nullptr,
    .map_f32 = map_f32,
    .map_bf16 = nullptr,
    .norm = norm,
    .activate_f32 = nullptr,
    .activate_bf16 = nullptr,
    .add = add,
    .round = round_all,
    .encode_row = encode_row,
};

}  // namespace memo
