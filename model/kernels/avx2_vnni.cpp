#define MEMO_TABLE kAvx2VnniKernels
#define MEMO_NAME "avx2_vnni"
#define MEMO_LANES 8
#define MEMO_TILE_ROWS 6
#define MEMO_BF16 0
#define MEMO_VNNI 1
#define MEMO_WORDS 0
#define MEMO_F16C 1
#include "model/kernels/all.inc"
