// Checks the persistent tables before anything follows an offset in them.
#pragma once

#include <cstdint>
#include <string>

#include "memo/status.h"
#include "memod/store/pool/format/layout.h"

namespace memo {

// Magic and version, which say whether the rest of the root means what this build thinks.
// Errors: corrupt, unsupported.
Status validate_root_header(const layout::Root& root, const std::string& path);

// Counts, every space, every extent: offsets inside the file, alignment, strides, no overlaps.
// Errors: corrupt, naming path, entry and field.
Status validate_tables(const layout::Root& root, std::uint64_t file_bytes, const std::string& path);

SpaceSpec spec_of(const layout::SpaceRecord& record);
layout::SpaceRecord record_of(const SpaceSpec& spec);

}  // namespace memo
