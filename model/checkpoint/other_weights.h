// Errors for folders whose weights have an unsupported form: what the folder has, and what to do about it.
#pragma once

#include <string>

#include "memo/status.h"

namespace memo {

// For a folder without model.safetensors and its index.
// -> unsupported, naming weights in another format and how to convert them; not_found where there are none.
Status missing_weights(const std::string& folder);

// Errors: unsupported where the folder has an adapter, which changes the weights beside it.
Status check_has_no_adapter(const std::string& folder);

}  // namespace memo
