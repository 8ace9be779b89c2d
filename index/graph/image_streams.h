// Functions that a caller passes to save and load a graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace memo {

// Takes the next bytes of a stream; false to end it.
using ByteSink = std::function<bool(std::span<const std::byte> bytes)>;
// What a label stands for now, as a number that never comes back once it has changed; 0 for nothing. Also called
// for removed labels.
using StampOf = std::function<std::uint64_t(std::uint64_t label)>;
// Whether a label still stands for what it did when it was saved with this stamp. With damaged bytes, it may be
// called for any label.
using IsCurrent = std::function<bool(std::uint64_t label, std::uint64_t stamp)>;

}  // namespace memo
