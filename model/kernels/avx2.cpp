#define MEMO_TABLE kAvx2Kernels
#define MEMO_NAME "avx2"
#define MEMO_LANES 8
#define MEMO_TILE_ROWS 6
#define MEMO_BF16 0
#define MEMO_VNNI 0
#define MEMO_WORDS 1
#define MEMO_F16C 1
#include "model/kernels/all.inc"
