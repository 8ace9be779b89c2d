#define MEMO_TABLE kAvx512Bf16Kernels
#define MEMO_NAME "avx512_bf16"
#define MEMO_LANES 16
#define MEMO_TILE_ROWS 8
#define MEMO_BF16 1
#define MEMO_VNNI 1
#define MEMO_WORDS 0
#define MEMO_F16C 1
#include "model/kernels/all.inc"
