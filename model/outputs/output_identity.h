// The identity of results: a digest of everything beside a text's tokens that decides what a pass makes of it.
#pragma once

#include <string_view>

#include "memo/types.h"
#include "model/checkpoint/checkpoint.h"

namespace memo {

// Of weights and architecture as they compute (so after calibration), pooling, the tokens that pooling leaves out, the
// modules of embeddings, and the head with its weights. What happens to logits afterwards (score function, labels) is
// left out, and so are batch, threads and the longest length: results do not depend on them.
// arithmetic: as Engine::arithmetic(). fixed_maps: as MemoPlan::fixed_maps_digest().
Digest output_identity(const Checkpoint& checkpoint, std::string_view arithmetic, const Digest& fixed_maps);
// Of final states: the same without what comes after them (pooling, modules, head).
Digest states_identity(const Checkpoint& checkpoint, std::string_view arithmetic, const Digest& fixed_maps);

}  // namespace memo
