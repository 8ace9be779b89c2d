// Attention maps in characters.
#pragma once

#include <cstdint>
#include <string>

#include "tools/memoctl/output/terminal.h"
#include "tools/picture/attention_maps.h"

namespace memo {

// The heads side by side, as large as the terminal's width allows, and a scale. Two rows of a map in one line: as
// the halves of a coloured block, or without colours as one character.
// `first_head` is the number that the first one goes by.
std::string draw_maps(const AttentionMaps& maps, std::uint32_t first_head, const Terminal& terminal);

}  // namespace memo
