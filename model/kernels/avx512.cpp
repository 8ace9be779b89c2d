#define MEMO_TABLE kAvx512Kernels
#define MEMO_NAME "avx512"
#define MEMO_LANES 16
#define MEMO_TILE_ROWS 8
#define MEMO_BF16 0
#define MEMO_VNNI 0
#define MEMO_WORDS 0
#define MEMO_F16C 1
#include "model/kernels/all.inc"
