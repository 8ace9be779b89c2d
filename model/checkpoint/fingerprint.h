// The identity of a checkpoint: it depends on what the checkpoint computes, not on its file.
#pragma once

#include "memo/types.h"
#include "model/checkpoint/checkpoint.h"

namespace memo {

// XXH3-128 over the architecture's fields and every weight as f32. Pooling is left out: it happens after the last
// layer, and maps do not depend on it. The same weights give the same digest in any dtype that holds them exactly.
// Task heads are left out for the same reason. The digest of a BERT has never changed.
Digest fingerprint_of(const Checkpoint& checkpoint);

}  // namespace memo
