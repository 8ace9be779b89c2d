// Attention maps as a PNG file.
#pragma once

#include <cstdint>
#include <string>

#include "memo/status.h"
#include "tools/picture/attention_maps.h"
#include "tools/picture/canvas.h"

namespace memo {

// A grid of heads with their numbers, scaled up so that a person can see each element, and a scale from 0 to the
// largest probability. `first_head` is the number that the first one goes by.
// Errors: internal (libpng).
Result<std::string> to_png(const AttentionMaps& maps, std::uint32_t first_head);
// The canvas as it is. Errors: as above.
Result<std::string> to_png(const Canvas& canvas);

}  // namespace memo
