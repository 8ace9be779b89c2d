// How long projecting values takes alone: a part of attention that a map does not save.
#pragma once

#include <cstddef>

#include "model/checkpoint/checkpoint.h"
#include "model/layers/data_type.h"

namespace memo {

// Thread-seconds in all layers, the median of several runs. rows: tokens of all sequences together; block: of them
// at a time.
double value_projection_seconds(const Checkpoint& checkpoint, DataType type, std::size_t rows, std::size_t block);

}  // namespace memo
