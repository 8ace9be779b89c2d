// Bytes as base64 with padding, RFC 4648.
#pragma once

#include <string>
#include <string_view>

namespace memo {

std::string encode_base64(std::string_view bytes);

}  // namespace memo
