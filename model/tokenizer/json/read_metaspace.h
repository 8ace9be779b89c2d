// The options of Metaspace in a tokenizer.json, which are those of a pre-tokenizer and of a decoder.
#pragma once

#include <string>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/splitting/metaspace.h"

namespace memo {

bool is_one_character(const std::string& text);

// `name` is the object's own path, for messages. Errors: corrupt, naming the field.
Status read_metaspace(const nlohmann::json& json, const std::string& name, MetaspaceOptions& options);

}  // namespace memo
