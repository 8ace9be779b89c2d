#include <cstddef>
#include <cstdint>

#include "model/kernels/kernels.h"
#include "model/kernels/variants.h"

#define MEMO_LANES 16
#define MEMO_TILE_ROWS 8
#define MEMO_BF16 1
#define MEMO_VNNI 1
#define MEMO_F16C 1
#include "model/kernels/all.inc"

namespace memo {

const Kernels kAvx512Bf16Kernels{
    .name = "avx512_bf16",
    .bf16 = true,
    .attention_f32 = attention_of_head<Float>,
    .attention_bf16 = attention_of_head<Half>,
    .map_f32 = map_f32,
    .map_bf16 = map_bf16,
    .norm = norm,
    .activate_f32 = activate_f32,
    .activate_bf16 = activate_bf16,
    .add = add,
    .round = round_all,
    .encode_row = encode_row,
};

}  // namespace memo
