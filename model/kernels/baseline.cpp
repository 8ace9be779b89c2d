#define MEMO_TABLE kBaselineKernels
#define MEMO_NAME "baseline"
#define MEMO_LANES 4
#define MEMO_TILE_ROWS 4
#define MEMO_BF16 0
#define MEMO_VNNI 0
#define MEMO_WORDS 0
#define MEMO_F16C 0
#include "model/kernels/all.inc"
