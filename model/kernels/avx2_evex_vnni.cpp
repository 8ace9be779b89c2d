// For CPUs that have vpdpbusd of 256 bits only in the encoding of AVX-512: so they show what a CPU with AVX-VNNI does.
#define MEMO_TABLE kAvx2EvexVnniKernels
#define MEMO_NAME "avx2_evex_vnni"
#define MEMO_LANES 8
#define MEMO_TILE_ROWS 6
#define MEMO_BF16 0
#define MEMO_VNNI 1
#define MEMO_WORDS 0
#define MEMO_F16C 1
#include "model/kernels/all.inc"
