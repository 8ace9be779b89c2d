// The identity of a checkpoint: what it computes, whatever file it came from.
#pragma once

#include "memo/types.h"
#include "model/checkpoint/checkpoint.h"

namespace memo {

// XXH3-128 over the architecture's fields and every weight as f32. Pooling is left out: it happens after the last
// layer, and maps do not depend on it. The same weights give the same digest in any dtype that holds them exactly.
// Heads are left out for the same reason. A BERT has the digest that it always had.
Digest fingerprint_of(const Checkpoint& checkpoint);

}  // namespace memo
